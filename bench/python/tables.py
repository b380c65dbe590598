"""Holds the command train, with data and target alone, against scikit-learn's MLPClassifier and MLPRegressor with their defaults
after a StandardScaler: 10-fold cross-validation, on the same folds, with the seeds 1 to N, 5 by default. Prints the mean accuracy, or R2.

    python3 bench/python/tables.py [--jar src/examples/target/lanewise-examples.jar] [--seeds N] [--csv DIR] [NAME ...]

Names are iris, wine, breast_cancer and diabetes, of which all are the default. --csv writes them to a folder, as CSV files with
a header, and ends. Needs scikit-learn, which brings the data (Debian's python3-sklearn has them).
"""

import argparse
import csv
import os
import subprocess
import tempfile
import warnings

import numpy
from sklearn import datasets
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler

FOLDS = 10
TARGET = "target"


def load(name):
    """Names of the columns, inputs, and targets: names of classes, or numbers."""
    if name == "diabetes":
        data = datasets.load_diabetes(scaled=False)
        return list(data.feature_names), data.data, data.target
    data = getattr(datasets, "load_" + name)()
    return list(data.feature_names), data.data, numpy.array([data.target_names[t] for t in data.target])


def write(path, columns, inputs, targets):
    with open(path, "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(columns + [TARGET])
        for row, target in zip(inputs, targets):
            out.writerow([repr(float(x)) for x in row] + [target])


def train(jar, folder, columns, inputs, targets, training, test, seed):
    """The command's predictions of the test rows."""
    data, new = os.path.join(folder, "training.csv"), os.path.join(folder, "test.csv")
    model, out = os.path.join(folder, "model.lanewise"), os.path.join(folder, "predictions.csv")
    write(data, columns, inputs[training], targets[training])
    write(new, columns, inputs[test], targets[test])
    # A training of a second is over before C2 has compiled anything; the bits are the same.
    java = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "--add-modules", "jdk.incubator.vector", "-jar", jar]
    options = ["--data", data, "--target", TARGET, "--seed", str(seed), "--save", model, "--quiet"]
    subprocess.run(java + ["train"] + options, check=True, capture_output=True)
    predict = ["predict", "--model", model, "--data", new, "--output", out]
    subprocess.run(java + predict, check=True, capture_output=True)
    with open(out, newline="") as file:
        return [row["prediction"] for row in csv.DictReader(file)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=["iris", "wine", "breast_cancer", "diabetes"])
    parser.add_argument("--jar", default="src/examples/target/lanewise-examples.jar")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--csv")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")  # that 200 epochs are not enough for scikit-learn's defaults
    print("| data | rows | measure | scikit-learn | lanewise train |\n|---|---|---|---|---|", flush=True)
    for name in options.names:
        columns, inputs, targets = load(name)
        numbers = name == "diabetes"
        if options.csv:
            write(os.path.join(options.csv, name + ".csv"), columns, inputs, targets)
            continue
        theirs, ours = [], []
        for seed in range(1, options.seeds + 1):
            folds = (KFold if numbers else StratifiedKFold)(FOLDS, shuffle=True, random_state=seed)
            for training, test in folds.split(inputs, targets):
                scaler = StandardScaler().fit(inputs[training])
                network = (MLPRegressor if numbers else MLPClassifier)(random_state=seed)
                network.fit(scaler.transform(inputs[training]), targets[training])
                predicted = network.predict(scaler.transform(inputs[test]))
                with tempfile.TemporaryDirectory() as folder:
                    own = train(options.jar, folder, columns, inputs, targets, training, test, seed)
                if numbers:
                    theirs.append(r2_score(targets[test], predicted))
                    ours.append(r2_score(targets[test], [float(x) for x in own]))
                else:
                    theirs.append(numpy.mean(predicted == targets[test]))
                    ours.append(numpy.mean(numpy.array(own) == targets[test]))
        measure = "R2" if numbers else "accuracy"
        print(
            f"| {name} | {len(targets)} | {measure} | {numpy.mean(theirs):.4f} | {numpy.mean(ours):.4f} |", flush=True
        )


if __name__ == "__main__":
    main()
