"""Reads the event files of a folder with TensorBoard's own readers: `events.py FOLDER`.

Prints one JSON object: `scalars` as {tag: [[step, value]]}, `histograms` as {tag: [[step, num, min, max]]},
`images` as {tag: [[step, width, height]]} and `texts` as {tag: [text]}. JSON has no number for a value
that is not finite: it is "nan", "inf" or "-inf".
"""

import json
import math
import sys

from tensorboard.backend.event_processing import plugin_event_accumulator
from tensorboard.backend.event_processing.event_accumulator import HISTOGRAMS, IMAGES, SCALARS, EventAccumulator
from tensorboard.backend.event_processing.plugin_event_accumulator import TENSORS

folder = sys.argv[1]
# 0: all values of a tag, and not a sample of them.
events = EventAccumulator(folder, {HISTOGRAMS: 0, IMAGES: 0, SCALARS: 0})
# The reader of TensorBoard's pages, where everything is a tensor: the other one keeps the texts that a restart
# withdraws.
tensors = plugin_event_accumulator.EventAccumulator(folder, {TENSORS: 0})
for reader in (events, tensors):
    reader.Reload()
tags = events.Tags()


def number(value):
    """A value for JSON, which has no NaN and no infinities."""
    return value if math.isfinite(value) else str(value)


def histogram(event):
    """A row of a histogram."""
    found = event.histogram_value
    # The counts of the buckets add up to the stated count.
    assert sum(found.bucket) == found.num, f"{sum(found.bucket)} of {found.num} values are in a bucket"
    return [event.step, found.num, found.min, found.max]


texts = [tag for tag in tensors.Tags()[TENSORS] if tensors.SummaryMetadata(tag).plugin_data.plugin_name == "text"]
print(json.dumps({
    "scalars": {tag: [[event.step, number(event.value)] for event in events.Scalars(tag)] for tag in tags[SCALARS]},
    "histograms": {tag: [histogram(event) for event in events.Histograms(tag)] for tag in tags[HISTOGRAMS]},
    "images": {tag: [[event.step, event.width, event.height] for event in events.Images(tag)] for tag in tags[IMAGES]},
    "texts": {
        tag: [text.decode() for event in tensors.Tensors(tag) for text in event.tensor_proto.string_val]
        for tag in texts
    },
}, allow_nan=False))
