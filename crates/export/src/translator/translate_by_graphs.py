

def greedy(text):
    """The ids of the most probable tokens, one by one."""
    source = numpy.array([[*tokenizer.encode(text).ids, 2]], numpy.int64)  # </s>
    names = [output.name for output in encoder.get_outputs()]
    encoding = dict(zip(names, encoder.run(None, {"source": source})))
    state, token, target = encoding.pop("state"), 1, []  # <s>
    while len(target) < 2 * source.shape[1] + 20:
        step = {"token": numpy.array([token], numpy.int64), "state": state, **encoding}
        logits, state = decoder.run(["logits", "next_state"], step)
        logits[0, [0, 1, 3]] = -numpy.inf  # <pad>, <s>, <unk>
        token = logits[0].argmax().item()
        if token == 2:
            break
        target.append(token)
    return target


def translate(text):
    return tokenizer.decode(greedy(text))
