"""Does the work of the benchmark suite's peers by a library for Python and prints the figures as one line of JSON.

    python3 bench/python/peers.py numpy|torch|sklearn --work DIR --digits DIR --out DIR --tasks TASK,... --by NAME
            [--kernels BITS] [--threads N] [--seconds S]

Weights are read from files of little-endian floats in the folder "work"; predictions are written to "out", where the suite checks
them. bench/java/lanewise/bench/peers/Work.java says what the files hold, Driver.java what the tasks are.
"""

import argparse
import array
import collections
import gzip
import json
import os
import time

PIXELS, CLASSES, TEST, TRAINED, LEAST_WINDOWS = 784, 10, 10000, 1280, 5
SIZES = [PIXELS, 128, 64, CLASSES]

# Seconds of a window, and of a window of calls that are timed one by one; the share of the highest clock that the clock of an
# undisturbed window has at least.
WINDOW, CALLS_WINDOW, QUIET = 2e-3, 1e-3, 0.98


def threads_before_import(count):
    """Libraries of matrices read these when they are loaded."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(count)


class NumPy:
    """Rows times matrices in float32, results in arrays that are reused."""

    name = "NumPy"

    def __init__(self, options):
        import numpy

        self.np = numpy
        self.version = numpy.__version__
        self.settings = f"{options.threads} thread{'s' * (options.threads > 1)}; float32, arrays reused" + blas_of(numpy)
        self.rows = 0

    def load(self, layers):
        self.layers = [(w.copy(), b.copy()) for w, b in layers]
        self.room(1)

    def room(self, rows):
        if self.rows != rows:
            self.rows = rows
            self.outputs = [self.np.empty((rows, n), self.np.float32) for n in SIZES[1:]]

    def forward(self, x):
        np = self.np
        self.room(len(x))
        for k, ((w, b), y) in enumerate(zip(self.layers, self.outputs)):
            np.matmul(x, w, out=y)
            y += b
            if k < 2:
                np.negative(y, out=y)
                np.exp(y, out=y)
                y += 1
                np.reciprocal(y, out=y)
            x = y
        y -= y.max(1, keepdims=True)
        np.exp(y, out=y)
        y /= y.sum(1, keepdims=True)
        return y

    def predict(self, digit):
        return self.forward(digit.reshape(1, PIXELS))[0]

    predict_batch = forward

    def begin(self, images, labels, batch):
        self.images, self.labels = images, labels
        self.ramp = self.np.arange(batch)

    def train(self, chosen, rate):
        x = self.images[chosen]
        d = self.forward(x)
        d[self.ramp, self.labels[chosen]] -= 1
        h1, h2, _ = self.outputs
        rate = self.np.float32(rate / len(chosen))
        for k, before in ((2, h2), (1, h1), (0, x)):
            w, b = self.layers[k]
            below = d @ w.T * (before * (1 - before)) if k else None
            w -= rate * (before.T @ d)
            b -= rate * d.sum(0)
            d = below


def blas_of(numpy):
    try:
        blas = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
        return f"; {blas['name']} {blas['version']}"
    except (TypeError, KeyError):
        return ""


class PyTorch:
    """Inference by a frozen TorchScript module, training by the optimizer of the library."""

    name = "PyTorch"

    def __init__(self, options):
        import numpy
        import torch

        self.np, self.torch = numpy, torch
        torch.set_num_threads(options.threads)
        torch.set_flush_denormal(True)
        self.version = torch.__version__
        self.settings = (
            f"{options.threads} thread{'s' * (options.threads > 1)}; predictions by a traced, frozen module in inference mode,"
            " training by nn.Linear, CrossEntropyLoss, optim.SGD"
        )

    def network(self, layers):
        nn, parts = self.torch.nn, []
        for w, b in layers:
            linear = nn.Linear(*w.shape)
            with self.torch.no_grad():
                linear.weight.copy_(self.torch.from_numpy(w.T.copy()))
                linear.bias.copy_(self.torch.from_numpy(b.copy()))
            parts += [linear, nn.Sigmoid()]
        return nn.Sequential(*parts[:-1])

    def load(self, layers):
        self.trained = self.network(layers)
        self.freeze(self.trained)

    def freeze(self, network):
        torch = self.torch
        whole = torch.nn.Sequential(network, torch.nn.Softmax(1)).eval()
        with torch.inference_mode():
            self.frozen = torch.jit.freeze(torch.jit.trace(whole, torch.zeros(1, PIXELS)))

    def predict(self, digit):
        with self.torch.inference_mode():
            return self.frozen(self.torch.from_numpy(digit.reshape(1, PIXELS))).numpy()[0]

    def predict_batch(self, digits):
        with self.torch.inference_mode():
            return self.frozen(self.torch.from_numpy(digits)).numpy()

    def begin(self, images, labels, batch):
        torch = self.torch
        self.images, self.labels = torch.from_numpy(images), torch.from_numpy(labels.astype(self.np.int64))
        self.loss = torch.nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(self.trained.parameters(), lr=0.1)

    def train(self, chosen, rate):
        chosen = self.torch.from_numpy(chosen)
        self.optimizer.param_groups[0]["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        x, y = self.images.index_select(0, chosen), self.labels.index_select(0, chosen)
        self.loss(self.trained(x), y).backward()
        self.optimizer.step()

    def finish(self):
        self.freeze(self.trained)


class ScikitLearn:
    """MLPClassifier: predict_proba, and partial_fit of many batches a call."""

    name = "scikit-learn"
    stretch = 20

    def __init__(self, options):
        import warnings

        import numpy
        import sklearn
        from sklearn.neural_network import MLPClassifier

        warnings.filterwarnings("ignore")
        self.np, self.make = numpy, MLPClassifier
        self.version = sklearn.__version__
        self.settings = f"{options.threads} thread{'s' * (options.threads > 1)}; MLPClassifier, float32, partial_fit of 20 batches"

    def network(self, layers, batch, rate):
        network = self.make(
            hidden_layer_sizes=tuple(SIZES[1:-1]), activation="logistic", solver="sgd", alpha=0.0, batch_size=batch,
            learning_rate_init=rate, momentum=0.0, nesterovs_momentum=False, shuffle=False, random_state=1,
        )  # fmt: skip
        first = self.np.zeros((max(batch, CLASSES), PIXELS), self.np.float32)
        network.partial_fit(first, self.np.arange(len(first)) % CLASSES, classes=self.np.arange(CLASSES))
        for k, (w, b) in enumerate(layers):
            network.coefs_[k][...] = w
            network.intercepts_[k][...] = b
        return network

    def load(self, layers):
        self.layers = layers
        self.trained = self.network(layers, 1, 0.05)

    def predict(self, digit):
        return self.trained.predict_proba(digit.reshape(1, PIXELS))[0]

    def predict_batch(self, digits):
        return self.trained.predict_proba(digits)

    def begin(self, images, labels, batch):
        self.images, self.labels = images, labels
        self.trained = self.network(self.layers, batch, rate_of(batch))

    def train(self, chosen, rate):
        self.trained.partial_fit(self.images[chosen], self.labels[chosen])


def rate_of(batch):
    return 0.05 if batch == 1 else 1.6


class Core:
    """The speed of the core, read before and after each window. Where programs of a neighbour slow the work they slow it, too.

    A reading is a sum of floats: a chain of additions in the interpreter's C code. Loops in Python are too unsteady: on an
    undisturbed core their speed differs by 5 % from one reading to the next, that of the sum by 0.5 %.
    """

    def __init__(self):
        self.last = self.fastest = 0
        self.numbers = [1.0] * 3000

    def speed(self):
        """Additions a nanosecond, the best of three sums, about 35 microseconds in all: the first one finds colder caches."""
        clock, least = time.perf_counter_ns, 1 << 62
        for _ in range(3):
            start = clock()
            sum(self.numbers)
            least = min(least, clock() - start)
        return len(self.numbers) / least

    def begin(self):
        """Begins a row of windows."""
        self.last = self.speed()

    def end(self):
        """Ends a window. Returns its clock, the lower of the speeds before and after it."""
        before, self.last = self.last, self.speed()
        clock = min(before, self.last)
        self.fastest = max(self.fastest, clock)
        return clock


class Windows:
    """Windows of some work, each with its rate and its clock. The work is done a piece a call, which returns its samples."""

    def __init__(self, core, work):
        self.core, self.work = core, work
        self.calls = self.took = 0

    def run(self, limit, least=1):
        """Windows for so many seconds, and so many of them at least, instead of those before."""
        self.rates, self.clocks = [], []
        clock, work = time.perf_counter, self.work
        end = clock() + limit
        self.core.begin()
        while len(self.rates) < least or clock() < end:
            calls = max(1, round(WINDOW * self.calls / self.took)) if self.calls else 1
            done, start = 0, clock()
            for _ in range(calls):
                done += work()
            took = clock() - start
            self.calls += calls
            self.took += took
            self.rates.append(done / took)
            self.clocks.append(self.core.end())


class Suite:
    def __init__(self, library, options):
        import numpy

        self.np, self.library, self.options = numpy, library, options
        self.half = options.seconds / 2
        self.core = Core()
        self.figures = []

    def file(self, name):
        return self.np.fromfile(os.path.join(self.options.work, name), "<f4")

    def layers(self, name):
        values, found, at = self.file(name), [], 0
        for inputs, outputs in zip(SIZES, SIZES[1:]):
            w = values[at : at + inputs * outputs].reshape(inputs, outputs)
            at += inputs * outputs
            found.append((w, values[at : at + outputs]))
            at += outputs
        return found

    def write(self, name, values):
        self.np.asarray(values, "<f4").tofile(os.path.join(self.options.out, name))

    def read(self, name, header):
        with gzip.open(os.path.join(self.options.digits, name + ".gz"), "rb") as file:
            return self.np.frombuffer(file.read(), self.np.uint8, offset=header)

    def images(self, name):
        pixels = self.read(name + "-images-idx3-ubyte", 16).reshape(-1, PIXELS)
        return pixels.astype(self.np.float32) * self.np.float32(1 / 255)

    def figure(self, task, mode, unit, values, clocks, histogram=None, **params):
        params["by"] = self.options.by
        if self.options.kernels:
            params["kernels"] = self.options.kernels
        if self.options.threads > 1:
            params["threads"] = str(self.options.threads)
        clocks = [float(f"{clock:.5g}") for clock in clocks]
        self.figures.append(
            dict(
                benchmark="peers." + task, params=params, mode=mode, unit=unit, still=False, values=values, histogram=histogram,
                clocks=clocks,
            )  # fmt: skip
        )

    def rates(self, task, windows, **params):
        """Measures; the windows are those of the warm-up."""
        windows.run(self.half, LEAST_WINDOWS)
        self.figure(task, "thrpt", "samples/s", [float(f"{rate:.9g}") for rate in windows.rates], windows.clocks, **params)

    def calls(self, digits):
        """Times calls one by one. Returns the nanoseconds of each, the end of each window among them, and its clock."""
        took, ends, clocks = array.array("q"), [], []
        library, clock = self.library, time.perf_counter_ns
        end, k, now = clock() + int(self.half * 1e9), 0, 0
        self.core.begin()
        while now < end or len(clocks) < LEAST_WINDOWS:
            window = clock() + int(CALLS_WINDOW * 1e9)
            now = 0
            while now < window:
                digit = digits[k % TEST].copy()
                k += 1
                start = clock()
                library.predict(digit)
                now = clock()
                took.append(now - start)
            clocks.append(self.core.end())
            ends.append(len(took))
        return took, ends, clocks

    def predict(self, digits):
        library = self.library
        self.write("single.f32", [self.np.array(library.predict(digits[k])) for k in range(TEST)])
        self.calls(digits)
        took, ends, clocks = self.calls(digits)
        histogram = collections.Counter()
        for start, end, clock in zip([0] + ends, ends, clocks):
            if clock >= QUIET * self.core.fastest:
                histogram.update(float(f"{nanos * 1e-3:.2e}") for nanos in took[start:end])
        self.figure("predict", "sample", "us/op", [], clocks, sorted(histogram.items()))

    def digits(self, digits):
        size = at = 0
        answers = self.np.empty((TEST, CLASSES), self.np.float32)

        def piece():
            """The next batch, over and over."""
            nonlocal at
            rows = min(size, TEST - at)
            answers[at : at + rows] = self.library.predict_batch(digits[at : at + rows])
            at = (at + rows) % TEST
            return rows

        best, sizes = (0, None, 0), (64, 256, 1024, 2500, TEST, 1)
        for size in sizes:
            windows, at = Windows(self.core, piece), 0
            windows.run(self.half / len(sizes))
            best = max(best, (max(windows.rates), windows, size), key=lambda tried: tried[0])
        _, windows, size = best
        at = 0
        while piece() and at:
            pass
        self.write("predicted.f32", answers)
        self.rates("digits", windows)
        self.library.settings += "; all digits " + ("one by one" if size == 1 else f"in batches of {size}")

    def train(self, batch, images, labels, test):
        library, np = self.library, self.np
        library.load(self.layers("initial.f32"))
        library.begin(images, labels, batch)
        stretch = batch * getattr(library, "stretch", 1)
        for k in range(0, TRAINED, stretch):
            library.train(np.arange(k, min(k + stretch, TRAINED)), rate_of(batch))
        if hasattr(library, "finish"):
            library.finish()
        self.write(f"trained-{batch}.f32", library.predict_batch(test))
        order, at = np.random.default_rng(1).permutation(len(images)), 0

        def some():
            nonlocal at
            if at + stretch > len(order):
                np.random.default_rng(at).shuffle(order)
                at = 0
            library.train(order[at : at + stretch], rate_of(batch))
            at += stretch
            return stretch

        windows = Windows(self.core, some)
        windows.run(self.half)
        self.rates("train", windows, batch=str(batch))

    def run(self):
        tasks = self.options.tasks.split(",")
        self.library.load(self.layers("weights.f32"))
        if "start" in tasks:
            self.write("predicted.f32", self.library.predict(self.file("digit.f32")))
        else:
            test = self.images("t10k")
            if "digits" in tasks:
                self.digits(test)
            if "predict" in tasks:
                self.predict(test)
            batches = [int(task[6:]) for task in tasks if task.startswith("train-")]
            if batches:
                images, labels = self.images("train"), self.read("train-labels-idx1-ubyte", 8)
                for batch in batches:
                    self.train(batch, images, labels, test)
        core = os.environ.get("OPENBLAS_CORETYPE")
        settings = self.library.settings + (f"; OPENBLAS_CORETYPE={core}" if core else "")
        subject = dict(
            name=self.library.name, version=self.library.version, settings=settings, check=""
        )
        print(json.dumps(dict(subject=subject, arguments=[], figures=self.figures)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("library", choices=["numpy", "torch", "sklearn"])
    for name in ("work", "digits", "out", "tasks", "by"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--kernels", default="")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1.5)
    options = parser.parse_args()
    threads_before_import(options.threads)
    library = dict(numpy=NumPy, torch=PyTorch, sklearn=ScikitLearn)[options.library](options)
    Suite(library, options).run()


main()
