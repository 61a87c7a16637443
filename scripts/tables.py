"""Makes the tables of datasets/ from the files in scikit-learn's wheel: iris, wine and diabetes, as CSV with a header,
with class names instead of numbers. Values stay as scikit-learn writes them, but for the target of diabetes: a whole
number in exponent notation there, a plain one here. Python 3.9 and its standard library are enough.
"""

import argparse
import csv
import gzip
import hashlib
import io
import pathlib
import subprocess
import sys
import tempfile
import zipfile

VERSION = "1.9.1"
SHA256 = "52a0703bbc07ad27f560fa63fa68e4c54dd735bfbbf65b4dd3c225dc7547b6df"
# The same wheel on every machine: its data files are read, and nothing of it runs.
PLATFORM = ["--python-version", "3.11", "--implementation", "cp", "--abi", "cp311"]
PLATFORM += ["--platform", "manylinux_2_28_x86_64", "--only-binary", ":all:"]
FOLDER = "sklearn/datasets/data/"
DATASETS = pathlib.Path(__file__).resolve().parent.parent / "datasets"

IRIS = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
# The order and the words of the data's documentation, in scikit-learn as in the UCI repository.
WINE = [
    "alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids",
    "nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue", "od280_od315_of_diluted_wines", "proline",
]
DIABETES = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]


def download(folder):
    """The path of the pinned wheel, fetched by pip."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, *PLATFORM]
    if subprocess.run([*command, f"scikit-learn=={VERSION}"]).returncode != 0:
        sys.exit(f"pip cannot download the wheel of scikit-learn {VERSION}")
    return next(pathlib.Path(folder).glob("*.whl"))


def classes(file, features, target):
    """The table of a file whose first line is the number of rows, the number of features and the class names, and
    whose last column is the index of a class."""
    (num_rows, num_features, *names), *rows = csv.reader(io.StringIO(file.decode()))
    assert (len(rows), len(features)) == (int(num_rows), int(num_features)), "a table of another size"
    assert all(len(row) == len(features) + 1 for row in rows), "a row of another length"
    return [[*features, target], *([*values, names[int(label)]] for *values, label in rows)]


def numbers(inputs, targets, features, target):
    """The table of two files without a header: inputs with spaces between them, and targets."""
    rows, targets = inputs.decode().splitlines(), [float(line) for line in targets.decode().split()]
    assert len(rows) == len(targets) and all(value.is_integer() for value in targets), "targets of another kind"
    rows = [[*row.split(), str(int(value))] for row, value in zip(rows, targets)]
    assert all(len(row) == len(features) + 1 for row in rows), "a row of another length"
    return [[*features, target], *rows]


def tables(wheel):
    """The bytes of each CSV file, by its path under datasets/."""
    with zipfile.ZipFile(wheel) as archive:
        iris, wine, inputs, targets = (
            archive.read(FOLDER + name)
            for name in ["iris.csv", "wine_data.csv", "diabetes_data_raw.csv.gz", "diabetes_target.csv.gz"]
        )
    made = {
        "iris": classes(iris, IRIS, "species"),
        "wine": classes(wine, WINE, "class"),
        "diabetes": numbers(gzip.decompress(inputs), gzip.decompress(targets), DIABETES, "progression"),
    }
    files = {}
    for name, rows in made.items():
        text = io.StringIO()
        # The same line ends, and so the same bytes, on every system.
        csv.writer(text, lineterminator="\n").writerows(rows)
        files[f"{name}/{name}.csv"] = text.getvalue().encode()
    return files


def check(files):
    """Prints each file's SHA-256 and state; returns true if all are right, here and in the README."""
    readme, sound = (DATASETS / "README.md").read_text(encoding="utf-8"), True
    for name, content in files.items():
        sha256, path = hashlib.sha256(content).hexdigest(), DATASETS / name
        if not path.exists():
            state = "missing"
        elif path.read_bytes() != content:
            state = "differs"
        else:
            state = "same" if sha256 in readme else "same, but datasets/README.md has another SHA-256"
        print(f"{sha256}  {name}  {state}")
        sound = sound and state == "same"
    return sound


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument(
        "wheel", nargs="?", type=pathlib.Path, metavar="WHEEL",
        help=f"the wheel of scikit-learn {VERSION} for CPython 3.11 on Linux x86-64, with the SHA-256 {SHA256}; "
        "pip downloads it when absent",
    )
    arguments.add_argument(
        "--check", action="store_true",
        help="write nothing; compare the files in datasets/, and the SHA-256 sums in its README, with what the wheel "
        "gives, and end with 1 where they differ",
    )
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wheel = given.wheel or download(folder)
        try:
            sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
        except OSError as error:
            arguments.error(f"{wheel} cannot be read: {error.strerror}")
        if sha256 != SHA256:
            sys.exit(f"{wheel} is not the wheel expected: its SHA-256 is {sha256} instead of {SHA256}")
        files = tables(wheel)
    if given.check:
        sys.exit(0 if check(files) else 1)
    for name, content in files.items():
        path = DATASETS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        print(f"{hashlib.sha256(content).hexdigest()}  {name}")


if __name__ == "__main__":
    main()
