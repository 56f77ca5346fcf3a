#!/bin/sh
# Writes texts of the base's own, behind beginnings from a corpus: what a denoiser that drafts for it is trained on beside
# people's prose (docs/training.md).
#
#   docs/own_samples.sh ENGINE CORPUS FOLDER COUNT
#
# CORPUS: a folder of .txt files; FOLDER gets COUNT texts of about 500 tokens: 400 bytes of the corpus and 416 tokens of a
# verified draft at temperature 0.8, that is, what the base writes. What is there already is not made again. Five seconds
# a text on two quiet cores.
set -eu
[ $# -eq 4 ] || { echo "usage: docs/own_samples.sh ENGINE CORPUS FOLDER COUNT" >&2; exit 2; }
engine=$1 corpus=$2 folder=$3 count=$4
mkdir -p "$folder"
list=$folder/.files
find "$corpus" -name '*.txt' | sort >"$list"
files=$(wc -l <"$list")
n=0
while [ "$n" -lt "$count" ]; do
    n=$((n + 1))
    text=$folder/own_$n.txt
    [ -s "$text" ] && continue
    file=$(sed -n "$((n * 7 % files + 1))p" "$list")
    size=$(wc -c <"$file")
    # From the first whole word behind a place that differs for every text.
    tail -c "+$((n * 7919 * 101 % size + 1))" "$file" | head -c 500 | tr '\n' ' ' | sed 's/^[^ ]* //; s/ [^ ]*$//' >"$text.part"
    [ "$(wc -c <"$text.part")" -ge 300 ] || { rm "$text.part"; count=$((count + 1)); continue; }
    "$engine" draft --left "$text.part" --tokens 416 --temperature 0.8 --seed "$n" --watch never >"$text.draft"
    cat "$text.draft" >>"$text.part"
    rm "$text.draft"
    mv "$text.part" "$text"
done
