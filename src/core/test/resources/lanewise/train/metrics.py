"""Writes metrics.json, the reference figures of MetricsTest, by scikit-learn 1.3 or newer: python3 metrics.py > metrics.json"""
import json, warnings
import numpy as np
import sklearn
from sklearn import metrics as m
from scipy.special import softmax, expit
warnings.simplefilter("ignore")
rng = np.random.default_rng(11)

def num(x):
    x = float(x)
    return None if np.isnan(x) else x

def nums(a):
    a = np.asarray(a, dtype=float)
    return [nums(r) if a.ndim > 1 else num(r) for r in a]

def averages(f, true, said, w, labels, **more):
    return {a: num(f(true, said, sample_weight=w, labels=labels, average=a, zero_division=np.nan, **more))
            for a in ("macro", "weighted", "micro")}

def per_class(true, said, w, labels):
    p, r, f, s = m.precision_recall_fscore_support(true, said, sample_weight=w, labels=labels, average=None, zero_division=np.nan)
    return {"precision": nums(p), "recall": nums(r), "f1": nums(f), "support": nums(s)}

def ece(conf, right, w, bins=15):
    w = np.ones(len(conf)) if w is None else w
    at = np.clip(np.ceil(conf * bins).astype(int) - 1, 0, bins - 1)
    return num(sum(abs((w * right)[at == b].sum() - (w * conf)[at == b].sum()) for b in range(bins)) / w.sum())

def auc(true, score, w):
    if len(set(true)) < 2: return float("nan")
    return m.roc_auc_score(true, score, sample_weight=w)

cases = []

def multiclass(name, n, k, levels, weighted, missing_true=(), never=()):
    z = rng.integers(-levels, levels + 1, (n, k)) / 2.0      # few levels: ties
    t = rng.integers(0, k, n)
    for i in range(n):
        if rng.random() < 0.5: z[i, t[i]] += 1.5
        while t[i] in missing_true: t[i] = rng.integers(0, k)
    for c in never: z[:, c] = -20.0
    w = rng.integers(0, 4, n).astype(float) / 2 if weighted else None
    said = z.argmax(axis=1)
    labels = list(range(k))
    p = softmax(z, axis=1)
    areas = [auc(t == c, np.round(p[:, c], 12), w) for c in labels]    # rounded: ties are ties
    # of equal logits scikit-learn takes the highest class; with a tiny slope it takes the lowest
    top = z - np.arange(k) * 1e-9
    case = {"name": name, "task": "MULTICLASS", "logits": nums(z), "targets": nums(t), "weights": None if w is None else nums(w),
            "accuracy": num(m.accuracy_score(t, said, sample_weight=w)),
            "top2": num(m.top_k_accuracy_score(t, top, k=2, sample_weight=w, labels=labels)),
            "top3": num(m.top_k_accuracy_score(t, top, k=3, sample_weight=w, labels=labels)) if k > 3 else 1.0,
            "confusion": nums(m.confusion_matrix(t, said, sample_weight=w, labels=labels)),
            "logLoss": num(m.log_loss(t, p, sample_weight=w, labels=labels)),
            "rocAuc": nums(areas), "rocAucMean": num(np.nanmean(areas)),
            "calibrationError": ece(p.max(axis=1), said == t, w)}
    case |= per_class(t, said, w, labels)
    case |= {"precisions": averages(m.precision_score, t, said, w, labels),
             "recalls": averages(m.recall_score, t, said, w, labels),
             "f1s": averages(m.f1_score, t, said, w, labels)}
    if not missing_true:
        assert abs(m.roc_auc_score(t, np.round(p, 12), multi_class="ovr", average="macro", sample_weight=w) - np.mean(areas)) < 1e-12
        assert abs(m.balanced_accuracy_score(t, said, sample_weight=w) - case["recalls"]["macro"]) < 1e-12
    cases.append(case)

def binary(name, n, weighted, only=None):
    z = rng.integers(-6, 7, n) / 2.0
    z[z == 0] = 0.25
    t = (z + rng.normal(0, 2, n) > 0).astype(int) if only is None else np.full(n, only)
    w = rng.integers(0, 5, n).astype(float) if weighted else None
    said = (z > 0).astype(int)
    p = expit(z)
    cases.append({"name": name, "task": "BINARY", "logits": nums(z[:, None]), "targets": nums(t), "weights": None if w is None else nums(w),
            "accuracy": num(m.accuracy_score(t, said, sample_weight=w)),
            "confusion": nums(m.confusion_matrix(t, said, sample_weight=w, labels=[0, 1])),
            "logLoss": num(m.log_loss(t, np.stack([1 - p, p], 1), sample_weight=w, labels=[0, 1])),
            "rocAuc": nums([auc(t == 0, -z, w), auc(t == 1, z, w)]), "rocAucMean": num(auc(t, z, w)),
            "calibrationError": ece(p, t, w),
            **per_class(t, said, w, [0, 1]),
            "precisions": averages(m.precision_score, t, said, w, [0, 1]),
            "recalls": averages(m.recall_score, t, said, w, [0, 1]),
            "f1s": averages(m.f1_score, t, said, w, [0, 1])})

def multilabel(name, n, k, weighted):
    z = rng.integers(-4, 5, (n, k)) / 2.0
    z[z == 0] = -0.25
    t = (z + rng.normal(0, 2, (n, k)) > 0).astype(int)
    t[:, 1] = 0
    w = rng.integers(1, 4, n).astype(float) if weighted else None
    said = (z > 0).astype(int)
    p = expit(z)
    ww = np.ones(n) if w is None else w
    wide = None if w is None else np.repeat(w, k)
    areas = [auc(t[:, c], z[:, c], w) for c in range(k)]
    labels = list(range(k))
    cases.append({"name": name, "task": "MULTILABEL", "logits": nums(z), "targets": nums(t), "weights": None if w is None else nums(w),
            "accuracy": num(1 - m.hamming_loss(t, said, sample_weight=w)),
            "exact": num(m.accuracy_score(t, said, sample_weight=w)),
            "logLoss": num(m.log_loss(t.ravel(), np.stack([1 - p.ravel(), p.ravel()], 1), sample_weight=wide, labels=[0, 1])),
            "rocAuc": nums(areas), "rocAucMean": num(np.nanmean(areas)),
            "calibrationError": ece(p.ravel(), t.ravel(), wide),
            **per_class(t, said, w, labels),
            "precisions": averages(m.precision_score, t, said, w, labels),
            "recalls": averages(m.recall_score, t, said, w, labels),
            "f1s": averages(m.f1_score, t, said, w, labels)})

multiclass("three classes with ties", 40, 3, 2, False)
multiclass("five classes with weights", 40, 5, 3, True)
multiclass("a class without samples and one that is never answered", 40, 5, 3, False, missing_true=(2,), never=(4,))
multiclass("the same with weights", 40, 5, 3, True, missing_true=(0, 2), never=(2,))
binary("yes or no", 40, False)
binary("yes or no with weights", 40, True)
binary("yes alone", 10, True, only=1)
multilabel("several yes or no", 30, 4, False)
multilabel("several yes or no with weights", 30, 4, True)

regressions = []
def regression(name, n, k, weighted):
    t = rng.integers(-20, 21, (n, k)) / 4.0
    y = t + rng.integers(-6, 7, (n, k)) / 4.0
    t[:, -1] *= 8; y[:, -1] *= 8
    w = rng.integers(0, 4, n).astype(float) / 2 if weighted else None
    regressions.append({"name": name, "values": nums(y), "targets": nums(t), "weights": None if w is None else nums(w),
            "mse": nums(m.mean_squared_error(t, y, sample_weight=w, multioutput="raw_values")),
            "mae": nums(m.mean_absolute_error(t, y, sample_weight=w, multioutput="raw_values")),
            "rmse": nums(m.root_mean_squared_error(t, y, sample_weight=w, multioutput="raw_values")),
            "r2": nums(m.r2_score(t, y, sample_weight=w, multioutput="raw_values")),
            "means": nums([m.mean_squared_error(t, y, sample_weight=w), m.root_mean_squared_error(t, y, sample_weight=w),
                           m.mean_absolute_error(t, y, sample_weight=w), m.r2_score(t, y, sample_weight=w)])})
regression("one output", 20, 1, False)
regression("three outputs with weights", 25, 3, True)

print(json.dumps({"made by": "scikit-learn " + sklearn.__version__, "classifications": cases, "regressions": regressions},
                 indent=None, separators=(",", ":")).replace('{"name"', '\n{"name"'))
