"""Translates by an export of a translator, as a user would: `export_texts.py SAFETENSORS TEXT ...`.

SAFETENSORS is a folder of `hearth export`. Runs the program of its model card and prints one JSON object: the tokens and
the text of each translation.
"""

import json
import os
import re
import sys
import warnings

folder, *texts = sys.argv[1:]
os.chdir(folder)
# PyTorch has no faster way for layers that are normalised in front.
warnings.filterwarnings("ignore", message="enable_nested_tensor is True")
space = {}
exec(re.search(r"```python\n(.*?)```", open("README.md", encoding="utf-8").read(), re.S).group(1), space)
print(json.dumps([
    {"tokens": [space["tokenizer"].id_to_token(id) for id in space["greedy"](text)], "text": space["translate"](text)}
    for text in texts
]))
