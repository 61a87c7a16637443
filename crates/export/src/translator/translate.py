

def greedy(text):
    """The ids of the most probable tokens, one by one."""
    source = [*tokenizer.encode(text).ids, 2]  # </s>
    target = [1]  # <s>
    while len(target) <= 2 * len(source) + 20:
        with torch.no_grad():
            logits = network(torch.tensor([source]), torch.tensor([target]))[0, -1]
        logits[[0, 1, 3]] = -torch.inf  # <pad>, <s>, <unk>
        token = logits.argmax().item()
        if token == 2:
            break
        target.append(token)
    return target[1:]


def translate(text):
    return tokenizer.decode(greedy(text))
