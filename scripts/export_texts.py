"""Translates by exports of translators, as a user would: `export_texts.py EXPORTS`.

EXPORTS is a JSON list of pairs: a folder of `hearth export`, as safetensors or ONNX, and a list of texts. Runs the program
of each model card and prints one JSON list, with a list for each folder: the tokens and the text of each translation.
"""

import json
import os
import re
import sys
import warnings

import numpy

# PyTorch has no faster way for layers that are normalised in front.
warnings.filterwarnings("ignore", message="enable_nested_tensor is True")


def check_padding(space, texts):
    """Texts of different lengths in one batch have the logits that each has alone."""
    encoder, decoder = space["encoder"], space["decoder"]

    def first_two(sources):
        names = [output.name for output in encoder.get_outputs()]
        encoding = dict(zip(names, encoder.run(None, {"source": sources})))
        state, logits = encoding.pop("state"), []
        for token in (1, 5):
            step = {"token": numpy.full(len(sources), token), "state": state, **encoding}
            found, state = decoder.run(["logits", "next_state"], step)
            logits.append(found)
        return numpy.stack(logits, 1)

    sources = [[*space["tokenizer"].encode(text).ids, 2] for text in texts]
    longest = max(map(len, sources))
    together = first_two(numpy.array([source + [0] * (longest - len(source)) for source in sources]))
    alone = numpy.concatenate([first_two(numpy.array([source])) for source in sources])
    assert numpy.abs(together - alone).max() < 1e-4, "padding"


def translations(folder, texts):
    os.chdir(folder)
    space = {}
    card = open("README.md", encoding="utf-8").read()
    exec(re.search(r"```python\n(.*?)```", card, re.S).group(1), space)
    if "encoder" in space:
        check_padding(space, texts)
    token = space["tokenizer"].id_to_token
    return [
        {"tokens": [token(id) for id in space["greedy"](text)], "text": space["translate"](text)}
        for text in texts
    ]


print(json.dumps([translations(folder, texts) for folder, texts in json.loads(sys.argv[1])]))
