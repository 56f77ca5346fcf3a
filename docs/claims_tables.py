#!/usr/bin/env python3
"""The tables of docs/claims.md from what docs/claims.sh left in a folder: docs/claims_tables.py FOLDER >tables.md

Also writes FOLDER/claims.json: the figures behind the tables, all that is kept of the runs.
"""
import json
import statistics
import sys
from pathlib import Path

VARIANTS = ["squared_error", "cross_entropy", "calibrated", "absorbing", "sparse", "experts", "all", "ours"]
LEVELS = [1.0, 0.6, 0.3]
ACCURACIES = [0.35, 0.4, 0.45, 0.5, 0.55]  # of held-out targets from the source alone


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def training(path):
    """Curve of the held-out evaluations over processor seconds of training, and how steady the steps were."""
    seconds, curve, norms, losses = 0, [], [], []
    for line in lines(path):
        if "evaluation" in line:
            rows = line["evaluation"]["infill"]
            curve.append({"step": line["step"], "cpu_seconds": round(seconds, 1),
                          "accuracy": [round(row.get("accuracy", 0), 4) for row in rows],
                          "cross_entropy": [round(row["cross_entropy"], 4) for row in rows]})
            continue
        seconds += line["cpu_seconds"]
        norms.append(line["gradient_norm"])
        losses.append(line["loss"])
    late = range(60, len(losses))
    spikes = sum(losses[i] > 1.5 * statistics.median(losses[i - 50:i]) for i in late)
    settled = norms[60:] or norms
    return {"steps": len(losses), "cpu_seconds": round(seconds, 1), "curve": curve, "spikes": spikes,
            "skipped": sum("skipped" in line for line in lines(path)),
            "norm_median": round(statistics.median(settled), 3), "norm_most": round(max(settled), 3)}


def rows_of(path):
    return json.loads(path.read_text())["rows"] if path.exists() and path.stat().st_size else []


def table(head, rows):
    print("\n| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")


def reached(curve, least):
    return next((str(round(point["cpu_seconds"])) for point in curve if point["accuracy"][0] >= least), "–")


def main(folder):
    found = {name: training(folder / f"{name}.log.jsonl") for name in VARIANTS
             if (folder / f"{name}.log.jsonl").exists()}
    table(["model", "steps", "CPU s", *(f"accuracy t = {t}" for t in LEVELS), *(f"nats t = {t}" for t in LEVELS)],
          [[name, run["steps"], run["cpu_seconds"],
            *(f"{value:.3f}" for value in run["curve"][-1]["accuracy"]),
            *("–" if name == "squared_error" else f"{value:.3f}" for value in run["curve"][-1]["cross_entropy"])]
           for name, run in found.items()])
    table(["CPU s to accuracy", *(str(value) for value in ACCURACIES)],
          [[name, *(reached(run["curve"], value) for value in ACCURACIES)] for name, run in found.items()])
    table(["model", "steps", "loss spikes", "steps left out", "gradient norm, median", "most"],
          [[name, run["steps"], run["spikes"], run["skipped"], run["norm_median"], run["norm_most"]]
           for name, run in found.items()])
    quality, ancestral = {}, {}
    for name in VARIANTS:
        quality[name] = rows_of(folder / f"{name}.json")
        ancestral[name] = rows_of(folder / f"{name}.ancestral.json")
    for measure, digits in (("bleu", 1), ("rouge_l", 3), ("distinct_2", 3)):
        for choice in ("single", "mbr-10"):
            steps = sorted({row["steps"] for rows in quality.values() for row in rows})
            table([f"{measure}, {choice}", *(f"{count} steps" for count in steps)],
                  [[name, *(f"{row[measure]:.{digits}f}" for row in rows if row["choice"] == choice)]
                   for name, rows in quality.items() if rows])
    table(["ancestral", "steps", "sources", "BLEU", "ROUGE-L", "CPU s a sample"],
          [[name, row["steps"], row["sources"], f"{row['bleu']:.1f}", f"{row['rouge_l']:.3f}",
            f"{row['cpu_seconds_each']:.2f}"] for name, rows in ancestral.items() for row in rows])
    costs = []
    for tokens in (1024, 2048, 4096, 8192, 16384):
        for pattern in ("sparse", "dense"):
            path = folder / f"{pattern}.{tokens}.json"
            if not rows_exist(path):
                continue
            steps = lines(folder / f"{pattern}.{tokens}.log.jsonl")
            cpu = statistics.median(step["cpu_seconds"] for step in steps)
            costs.append({"pattern": pattern, "tokens": tokens, "cpu_seconds": round(cpu, 3),
                          "us_a_token": round(1e6 * cpu / tokens, 1),
                          "peak_mb": round(json.loads(path.read_text())["peak_memory_mb"])})
    table(["attention", "tokens", "CPU s a step", "µs a token", "peak MB"],
          [list(cost.values()) for cost in costs])
    (folder / "claims.json").write_text(json.dumps(
        {"training": found, "seq2seq": quality, "ancestral": ancestral, "cost": costs}, indent=1) + "\n")


def rows_exist(path):
    return path.exists() and path.stat().st_size > 0


main(Path(sys.argv[1]))
