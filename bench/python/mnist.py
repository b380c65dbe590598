"""Trains the 784-128-64-10 network with PyTorch, by the rule of the example mnist: mini-batches, plain gradient descent.

    python3 bench/python/mnist.py DIR [--batch N] [--threads N] [--epochs N]     DIR: the four gzipped MNIST files
"""

import argparse
import gzip
import os
import time

import torch

PIXELS = 784


def read(folder, name, header, columns):
    with gzip.open(os.path.join(folder, name + ".gz"), "rb") as f:
        values = bytearray(f.read()[header:])
    return torch.frombuffer(values, dtype=torch.uint8).view(-1, columns)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(1)

    # Floats once and for all: faster than to convert each batch.
    images = read(options.folder, "train-images-idx3-ubyte", 16, PIXELS).float().div_(255)
    labels = read(options.folder, "train-labels-idx1-ubyte", 8, 1).view(-1).long()
    test = read(options.folder, "t10k-images-idx3-ubyte", 16, PIXELS).float().div_(255)
    answers = read(options.folder, "t10k-labels-idx1-ubyte", 8, 1).view(-1).long()

    sizes = [PIXELS, 128, 64, 10]
    layers = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        linear = torch.nn.Linear(inputs, outputs)
        torch.nn.init.xavier_uniform_(linear.weight)
        torch.nn.init.zeros_(linear.bias)
        layers += [linear, torch.nn.Sigmoid()]
    network = torch.nn.Sequential(*layers[:-1])
    loss = torch.nn.CrossEntropyLoss()
    rate = min(0.1 * options.batch, 1.6)
    optimizer = torch.optim.SGD(network.parameters(), lr=rate)

    samples = len(images)
    best = 0
    for epoch in range(options.epochs):
        start = time.perf_counter()
        order = torch.randperm(samples)
        total = torch.zeros(())
        for first in range(0, samples, options.batch):
            chosen = order[first : first + options.batch]
            optimizer.param_groups[0]["lr"] = rate * (1 - (epoch + first / samples) / options.epochs)
            optimizer.zero_grad(set_to_none=True)
            value = loss(network(images.index_select(0, chosen)), labels.index_select(0, chosen))
            value.backward()
            optimizer.step()
            total += value.detach() * len(chosen)
        speed = samples / (time.perf_counter() - start)
        best = max(best, speed)
        with torch.no_grad():
            accuracy = (network(test).argmax(1) == answers).float().mean()
        print(f"epoch {epoch + 1:2}  loss {total / samples:.6f}  accuracy {100 * accuracy:.2f} %  {speed:.0f} samples/s")
    print(f"Training: {best:.0f} samples/s (PyTorch {torch.__version__}, batches of {options.batch}, best epoch)")


main()
