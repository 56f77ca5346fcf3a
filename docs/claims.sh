#!/bin/sh
# Trains the models that docs/claims.md compares, one after the other on one thread, and keeps what came of them.
#
#   docs/claims.sh ENGINE PAIRS FOLDER CPU_MINUTES [VARIANT… [lengths]]
#
# ENGINE: the built palimpsest-engine. PAIRS: a folder of pairs (engine/data/pair_corpus.h). FOLDER gets a run for each
# variant and its results: NAME.log.jsonl (the log of training), NAME.json (evaluate --suite seq2seq), NAME.noise.json
# (with less noise than trained), NAME.ancestral.json; for the cost of lengths PATTERN.TOKENS.log.jsonl and .json, for
# how steady training is at a length steady.PATTERN.TOKENS.log.jsonl. What is there already is not made again, so that a
# broken run goes on. CPU_MINUTES: of processor time, the budget of every model. From the environment:
#   SEED (1 else)           of the models and their samples; FOLDER is of one seed
#   UPDATES                 the budget in updates: seeds that were trained on another processor can be compared
#   TARGET_TOKENS (48 else) the slots of a target; 64 for Turk
#   SOURCES                 so many of the test part, not all
#   BRIEF=1                 neither less noise nor ancestral steps
#   TEXTS=FOLDER            of prose, what the runs of lengths learn (else the pairs again and again)
# Tables: docs/claims_tables.py FOLDER…
set -eu
[ $# -ge 4 ] || { echo "usage: docs/claims.sh ENGINE PAIRS FOLDER CPU_MINUTES [VARIANT... [lengths]]" >&2; exit 2; }
engine=$1 pairs=$2 folder=$3 seed=${SEED:-1}
budget="--cpu-minutes $4"
[ -z "${UPDATES:-}" ] || budget="--steps $UPDATES"
shift 4
mkdir -p "$folder"
export GOMP_SPINCOUNT=0

config() { # NAME -> the config: what all share, then what the variant changes (a later key wins)
    dense='"window":100000,"dilation":1,"dilated_count":0,"globals":0'
    sparse='"window":8,"dilation":4,"dilated_count":8,"globals":4'
    gaussian='"absorbing":false,"gamma":0,"frontier_share":0,"lock_share":0'
    soft='"absorbing":true,"gamma":0.5,"frontier_share":0,"lock_share":0.5'
    root='"schedule":"square_root"'
    plain='"experts":0,"feed_forward":384'
    experts='"experts":8,"expert_width":64,"experts_per_token":2,"feed_forward":256' # as many hidden units a token
    case $1 in
    squared_error) own="$dense,$gaussian,$plain,\"evidence\":false,$root,\"objective\":\"squared_error\"" ;;
    cross_entropy) own="$dense,$gaussian,$plain,\"evidence\":false,$root" ;;
    calibrated) own="$dense,$gaussian,$plain,\"evidence\":false" ;;
    absorbing) own="$dense,$soft,$plain,\"evidence\":false,$root" ;;
    sparse) own="$sparse,$gaussian,$plain,\"evidence\":false,$root" ;;
    experts) own="$dense,$gaussian,$experts,\"evidence\":false,$root" ;;
    all) own="$sparse,$soft,$experts,\"evidence\":false,$root" ;;
    all_calibrated) own="$sparse,$soft,$experts,\"evidence\":false" ;; # `ours` without the evidence
    ours) own="$sparse,$soft,$experts,\"evidence\":true" ;;
    *) echo "there is no variant $1" >&2; exit 2 ;;
    esac
    printf '{"way":"scratch","pairs":true,"seed":%s,"target_tokens":%s,"vocabulary":1024' "$seed" "${TARGET_TOKENS:-48}"
    printf ',"depth":4,"width":128,"heads":4,%s' "$own"
    printf ',"level_width":128,"steps":1000000,"warmup_steps":50,"last_rate_share":1,"learning_rate":0.002,"ema":0.99'
    printf ',"documents_per_step":8,"blocks_per_document":2,"evaluate_steps":50,"evaluation_documents":48'
    printf ',"checkpoint_steps":200}\n'
}

run() { # NAME: trains and evaluates
    name=$1
    if [ ! -e "$folder/$name.log.jsonl" ]; then
        rm -rf "$folder/$name"
        config "$name" >"$folder/$name.config.json"
        "$engine" train --config "$folder/$name.config.json" --corpus "$pairs" --out "$folder/$name" --threads 1 \
            --device cpu $budget
        cp "$folder/$name/log.jsonl" "$folder/$name.log.jsonl"
    fi
    measure "$name" "$name.json" ${SOURCES:+--samples "$SOURCES"}
    [ -z "${BRIEF:-}" ] || return 0
    measure "$name" "$name.noise.json" --steps 8 --noise 0,0.3,0.6 ${SOURCES:+--samples "$SOURCES"}
    measure "$name" "$name.ancestral.json" --ancestral --steps 32,2000 --samples 4
}

measure() { # NAME FILE [OPTION…]: of a trained model
    [ -s "$folder/$2" ] && return 0
    model=$folder/$1/model file=$folder/$2
    shift 2
    "$engine" evaluate --suite seq2seq --model "$model" --data "$pairs" --threads 1 --device cpu --seed "$seed" --json \
        "$@" >"$file.part"
    mv "$file.part" "$file"
}

lengthy() { # NAME PATTERN TOKENS STEPS [KEYS]: learns texts of so many tokens, without experts
    name=$1
    [ -s "$folder/$name.json" ] && return 0
    case $2 in
    dense) own='"window":100000,"dilation":1,"dilated_count":0,"globals":0' ;;
    sparse) own='"window":256,"dilation":8,"dilated_count":128,"globals":16' ;;
    esac
    texts=${TEXTS:-$folder/text}
    if [ ! -e "$texts" ]; then
        mkdir -p "$texts"
        for i in 1 2 3 4 5; do cat "$pairs"/*; done | tr -d '{}"[]' >"$texts/a.txt"
    fi
    printf '{"way":"scratch","vocabulary":1024,"depth":4,"width":128,"heads":4,"feed_forward":384,"context":16384,%s' \
        "$own" >"$folder/$name.config.json"
    printf ',"experts":0,"infill_share":0,"steps":%s,"documents_per_step":1,"blocks_per_document":8' "$4" \
        >>"$folder/$name.config.json"
    printf ',"first_document_tokens":%s,"last_document_tokens":%s%s}\n' "$3" "$3" "$5" >>"$folder/$name.config.json"
    rm -rf "$folder/$name"
    "$engine" train --config "$folder/$name.config.json" --corpus "$texts" --out "$folder/$name" --threads 1 \
        --device cpu --json >"$folder/$name.part"
    cp "$folder/$name/log.jsonl" "$folder/$name.log.jsonl"
    mv "$folder/$name.part" "$folder/$name.json"
}

lengths() {
    for tokens in 1024 2048 4096 8192 16384; do
        for pattern in sparse dense; do
            lengthy $pattern.$tokens $pattern $tokens 3 ',"warmup_steps":1,"evaluate_steps":0'
        done
    done
    for tokens in 1024 4096 16384; do # as many updates of each
        lengthy steady.sparse.$tokens sparse $tokens 200 ',"warmup_steps":50,"learning_rate":0.002,"evaluate_steps":0'
    done
}

[ $# -gt 0 ] || set -- squared_error cross_entropy calibrated absorbing sparse experts all all_calibrated ours lengths
for name in "$@"; do
    if [ "$name" = lengths ]; then lengths; else run "$name"; fi
done
