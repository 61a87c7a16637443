"""Translates by exports of translators, as a user would: `export_texts.py EXPORTS`.

EXPORTS is a JSON list of pairs: a folder of `hearth export`, as safetensors or ONNX, and a list of texts. Runs the program
of each model card and prints one JSON list, with a list for each folder: the tokens and the text of each translation.
"""

import json
import os
import re
import sys
import warnings

# PyTorch has no faster way for layers that are normalised in front.
warnings.filterwarnings("ignore", message="enable_nested_tensor is True")


def translations(folder, texts):
    os.chdir(folder)
    space = {}
    card = open("README.md", encoding="utf-8").read()
    exec(re.search(r"```python\n(.*?)```", card, re.S).group(1), space)
    token = space["tokenizer"].id_to_token
    return [
        {"tokens": [token(id) for id in space["greedy"](text)], "text": space["translate"](text)}
        for text in texts
    ]


print(json.dumps([translations(folder, texts) for folder, texts in json.loads(sys.argv[1])]))
