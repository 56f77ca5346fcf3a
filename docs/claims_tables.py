#!/usr/bin/env python3
"""The tables of docs/claims.md from what docs/claims.sh left in folders, one of each seed:

    docs/claims_tables.py FOLDER... >tables.md

Of several seeds: their mean, and in brackets the least and the most. Also writes claims.json into the first folder: the
figures behind the tables, all that is kept of the runs.
"""
import json
import statistics
import sys
from pathlib import Path

VARIANTS = ["squared_error", "cross_entropy", "calibrated", "absorbing", "sparse", "experts", "all", "all_calibrated", "ours"]
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
            "norm_median": round(statistics.median(settled), 3), "norm_most": round(max(settled), 3),
            "norm_99": round(sorted(settled)[int(0.99 * (len(settled) - 1))], 3)}


def rows_of(path):
    return json.loads(path.read_text())["rows"] if present(path) else []


def table(head, rows):
    print("\n| " + " | ".join(map(str, head)) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")


def cell(values, digits):
    values = [value for value in values if value is not None]
    if not values:
        return "–"
    mean = f"{statistics.mean(values):.{digits}f}"
    return mean if len(values) == 1 else f"{mean} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def reached(curve, least):
    return next((point["cpu_seconds"] for point in curve if point["accuracy"][0] >= least), None)


def present(path):
    return path.exists() and path.stat().st_size > 0


def measured(found, kind, key):
    """The rows of all seeds that agree in `key`: variant -> key -> rows."""
    grouped = {}
    for name, seeds in found.items():
        for seed in seeds:
            for row in seed[kind]:
                grouped.setdefault(name, {}).setdefault(tuple(row[field] for field in key), []).append(row)
    return grouped


def main(folders):
    found = {}
    for name in VARIANTS:
        for folder in folders:
            if present(folder / f"{name}.log.jsonl"):
                found.setdefault(name, []).append({
                    "training": training(folder / f"{name}.log.jsonl"),
                    "seq2seq": rows_of(folder / f"{name}.json"),
                    "noise": rows_of(folder / f"{name}.noise.json"),
                    "ancestral": rows_of(folder / f"{name}.ancestral.json")})
    runs = {name: [seed["training"] for seed in seeds] for name, seeds in found.items()}

    def over(name, figure, digits):
        return cell([figure(run) for run in runs[name]], digits)

    table(["model", "seeds", "steps", "CPU s", *(f"accuracy t = {t}" for t in LEVELS), *(f"nats t = {t}" for t in LEVELS)],
          [[name, len(runs[name]), over(name, lambda run: run["steps"], 0), over(name, lambda run: run["cpu_seconds"], 0),
            *(over(name, lambda run: run["curve"][-1]["accuracy"][i], 3) for i in range(len(LEVELS))),
            *("–" if name == "squared_error" else over(name, lambda run: run["curve"][-1]["cross_entropy"][i], 3)
              for i in range(len(LEVELS)))] for name in runs])
    table(["CPU s to accuracy at t = 1", *(str(value) for value in ACCURACIES)],
          [[name, *(over(name, lambda run: reached(run["curve"], least), 0) for least in ACCURACIES)] for name in runs])
    seconds = [30, 60, 120, 180, 240, 300]
    table(["nats at t = 1 after CPU s", *seconds, "least"],
          [[name, *(over(name, lambda run: next((point["cross_entropy"][0] for point in run["curve"]
                                                 if point["cpu_seconds"] >= at), None), 2) for at in seconds),
            over(name, lambda run: min(point["cross_entropy"][0] for point in run["curve"]), 2)]
           for name in runs if name != "squared_error"])
    table(["model", "updates", "loss spikes", "updates left out", "gradient norm, median", "most"],
          [[name, *(over(name, lambda run: run[field], digits) for field, digits in
                    (("steps", 0), ("spikes", 0), ("skipped", 0), ("norm_median", 2), ("norm_most", 1)))]
           for name in runs])
    quality = measured(found, "seq2seq", ("steps", "choice"))
    counts = sorted({steps for rows in quality.values() for steps, _ in rows})
    for measure, digits in (("bleu", 1), ("rouge_l", 3), ("distinct_2", 3)):
        for choice in ("single", "mbr-10"):
            table([f"{measure}, {choice}", *(f"{count} steps" for count in counts)],
                  [[name, *(cell([row[measure] for row in rows.get((count, choice), [])], digits) for count in counts)]
                   for name, rows in quality.items()])
    noisy = measured(found, "noise", ("noise", "choice"))
    deviations = sorted({noise for rows in noisy.values() for noise, _ in rows})
    for choice in ("single", "mbr-10"):
        table([f"bleu (distinct-2), {choice}, 8 steps", *(f"noise {noise:g}" for noise in deviations)],
              [[name, *(f"{cell([row['bleu'] for row in rows.get((noise, choice), [])], 1)} "
                        f"({cell([row['distinct_2'] for row in rows.get((noise, choice), [])], 2)})" for noise in deviations)]
               for name, rows in noisy.items()])
    table(["ancestral", "steps", "sources", "BLEU", "ROUGE-L", "CPU s a sample"],
          [[name, steps, sources, cell([row["bleu"] for row in rows], 1), cell([row["rouge_l"] for row in rows], 3),
            cell([row["cpu_seconds_each"] for row in rows], 2)]
           for name, groups in measured(found, "ancestral", ("steps", "sources")).items()
           for (steps, sources), rows in groups.items()])
    costs = []
    for tokens in (1024, 2048, 4096, 8192, 16384):
        for pattern in ("sparse", "dense"):
            path = folders[0] / f"{pattern}.{tokens}.json"
            if not present(path):
                continue
            steps = [line for line in lines(folders[0] / f"{pattern}.{tokens}.log.jsonl") if "cpu_seconds" in line]
            cpu = statistics.median(step["cpu_seconds"] for step in steps)
            costs.append({"pattern": pattern, "tokens": tokens, "cpu_seconds": round(cpu, 3),
                          "us_a_token": round(1e6 * cpu / tokens, 1),
                          "gradient_norms": "–".join(f"{norm:.1f}" for norm in (min(s["gradient_norm"] for s in steps),
                                                                                max(s["gradient_norm"] for s in steps))),
                          "peak_mb": round(json.loads(path.read_text())["peak_memory_mb"])})
    table(["attention", "tokens", "CPU s an update", "µs a token", "gradient norms", "peak MB"],
          [list(cost.values()) for cost in costs])
    steady = []
    for tokens in (1024, 4096, 16384):
        path = folders[0] / f"steady.sparse.{tokens}.log.jsonl"
        if not present(path):
            continue
        run = training(path)
        losses = [line["cross_entropy"] for line in lines(path) if "cross_entropy" in line]
        steady.append({"tokens": tokens, **{key: run[key] for key in ("steps", "spikes", "skipped", "norm_median", "norm_99",
                                                                     "norm_most")},
                       "nats": round(statistics.mean(losses[-50:]), 3)})
    if steady:
        table(["tokens", "updates", "loss spikes", "updates left out", "gradient norm, median", "99th in 100", "most",
               "nats, the last 50"], [list(row.values()) for row in steady])
    (folders[0] / "claims.json").write_text(json.dumps({"models": found, "cost": costs, "steady": steady}, indent=1) + "\n")


main([Path(folder) for folder in sys.argv[1:]])
