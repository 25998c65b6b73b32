"""Train a small network on scikit-learn's handwritten digits, in epochs, on one core.

    qubix submit examples/train_digits.py --max-price 60000 --timeout 10m -f
    qubix submit examples/train_digits.py --max-price 60000 --timeout 10m -f -- --seconds 60

Prints loss and accuracy of each epoch, reports progress, and leaves the model (`model.joblib`), the losses
(`history.json`) and a plot of them (`loss.png`) as artifacts. Runs at home as well: the files are then in
`./qubix-output`. A job that loses its machine goes on from its last epoch on another.
"""

import argparse
import io
import json
import time

import joblib
import matplotlib as mpl
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

import qubix

mpl.use("Agg")
BATCH = 8


def main() -> None:
    """Train for about as long as asked, then save what came of it."""
    arguments = parse()
    seed, seconds = arguments.seed, arguments.seconds
    images, labels = load_digits(return_X_y=True)
    train, test, train_labels, test_labels = train_test_split(
        images, labels, test_size=0.25, random_state=seed, stratify=labels
    )
    scaler = StandardScaler().fit(train)
    train, test = scaler.transform(train), scaler.transform(test)
    print(f"{len(train)} images to learn from, {len(test)} to be examined on", flush=True)

    model = MLPClassifier(
        hidden_layer_sizes=(256, 128),
        batch_size=BATCH,
        learning_rate_init=2e-4,
        alpha=1e-3,
        random_state=seed,
    )
    history: list[dict[str, float]] = []
    began = time.monotonic()
    if (saved := qubix.resume()) is not None:
        model, history, elapsed = joblib.load(io.BytesIO(saved))
        began -= elapsed
        print(f"going on after epoch {len(history)}", flush=True)
    shuffle = np.random.default_rng(seed)
    while (elapsed := time.monotonic() - began) < seconds:
        order = shuffle.permutation(len(train))
        model.partial_fit(train[order], train_labels[order], classes=np.unique(labels))
        accuracy = float(model.score(test, test_labels))
        history.append({"loss": float(model.loss_), "accuracy": accuracy})
        print(f"epoch {len(history):3d}  loss {model.loss_:.5f}  accuracy {accuracy:.4f}", flush=True)
        qubix.progress(min(elapsed / seconds, 0.99))
        if qubix.job_id() is not None:
            qubix.checkpoint(dumped((model, history, time.monotonic() - began)))

    joblib.dump({"scaler": scaler, "model": model}, qubix.output("model.joblib"))
    qubix.output("history.json").write_text(json.dumps(history))
    plot(history)
    accuracy = history[-1]["accuracy"]
    print(f"done after {len(history)} epochs: accuracy {accuracy:.4f}", flush=True)
    qubix.result({"accuracy": accuracy, "epochs": len(history), "loss": history[-1]["loss"]})
    qubix.progress(1)


def dumped(state: object) -> bytes:
    """What the next attempt needs, should this one lose its machine."""
    content = io.BytesIO()
    joblib.dump(state, content)
    return content.getvalue()


def parse() -> argparse.Namespace:
    """Read the arguments."""
    parser = argparse.ArgumentParser(description="Train on handwritten digits.")
    parser.add_argument("--seconds", type=float, default=20, help="about how long to train")
    parser.add_argument("--seed", type=int, default=0, help="for the same split and the same start")
    return parser.parse_args()


def plot(history: list[dict[str, float]]) -> None:
    """Draw loss and accuracy over the epochs."""
    from matplotlib import pyplot as plt

    figure, left = plt.subplots(figsize=(7, 4))
    right = left.twinx()
    epochs = range(1, len(history) + 1)
    left.plot(epochs, [epoch["loss"] for epoch in history], color="#146EB4")
    right.plot(epochs, [epoch["accuracy"] for epoch in history], color="#FF9900")
    left.set(xlabel="epoch", ylabel="loss", yscale="log", title="Handwritten digits")
    right.set(ylabel="accuracy on unseen images")
    figure.tight_layout()
    figure.savefig(qubix.output("loss.png"), dpi=120)
    plt.close(figure)


if __name__ == "__main__":
    main()
