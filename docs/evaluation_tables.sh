#!/bin/sh
# Measures everything that docs/evaluation.md speaks of and writes docs/evaluation_tables.md.
#
#   docs/evaluation_tables.sh ENGINE CORPUS TEXTS FOLDER
#
# ENGINE: the built palimpsest-engine. CORPUS: a corpus folder with held-out books (docs/training.md). TEXTS: a folder
# with wikitext103.valid.txt and blimp.jsonl; a suite whose texts are not there is left out. FOLDER keeps each suite's
# table: one that is there already is not measured again, so that a broken run goes on. An hour or two on two quiet
# cores. How much of the meaning rewriting keeps is added where Python has what docs/meaning_kept.py asks for.
set -eu
[ $# -eq 4 ] || { echo "usage: docs/evaluation_tables.sh ENGINE CORPUS TEXTS FOLDER" >&2; exit 2; }
engine=$1 corpus=$2 texts=$3 folder=$4
page=$(dirname "$0")/evaluation_tables.md
mkdir -p "$folder"

measure() { # NAME TITLE DATA [OPTION…]
    name=$1 title=$2 data=$3
    shift 3
    [ -e "$data" ] || return 0
    if [ ! -s "$folder/$name" ]; then
        "$engine" evaluate --suite "$name" --data "$data" "$@" >"$folder/$name.part"
        mv "$folder/$name.part" "$folder/$name"
    fi
    printf '\n## %s\n\n`evaluate --suite %s%s`\n\n' "$title" "$name" "${*:+ $*}"
    cat "$folder/$name"
}

{
    printf '# Evaluation: the tables\n\nWritten by `docs/evaluation_tables.sh`; what the columns mean and what follows from'
    printf ' them: [evaluation.md](evaluation.md). Speeds depend on what else the machine was doing: for speed see'
    printf ' [performance.md](performance.md).\n'
    measure drafts "Continuations" "$corpus" --temperatures 0.6,0.8,1.0
    measure infill "Gaps" "$corpus"
    if [ ! -s "$folder/rewrite" ] && python3 "$(dirname "$0")/meaning_kept.py" --check 2>/dev/null; then
        "$engine" evaluate --suite rewrite --data "$corpus" --json >"$folder/rewrite.json"
        python3 "$(dirname "$0")/meaning_kept.py" "$folder/rewrite.json" >"$folder/rewrite"
    fi
    measure rewrite "Rewriting" "$corpus"
    measure long "Length" "$corpus" --lengths 1024,2048,4096,8192,16384
    measure wikitext "WikiText-103" "$texts/wikitext103.valid.txt" --samples 40
    measure blimp "BLiMP" "$texts/blimp.jsonl" --samples 50
    measure parallel "What the best parallel prediction allows" "$corpus" --temperatures 0.8 --samples 6
} >"$folder/page"
mv "$folder/page" "$page"
