"""Translators in PyTorch, for `make bench-peers`.

usage: peer_texts.py step NETWORK     the training step's target tokens per second
       peer_texts.py decode NETWORK   tokens per second of greedy decoding, one source at a time

NETWORK is gru, gru-additive or transformer: Hearth's networks, at the sizes of its benchmark, written as PyTorch's
users write them. Steps are of 64 pairs with 24 tokens a side, by Adam with gradients clipped to a norm of 1; a target
that is decoded has the 68 tokens of Hearth's limit. PyTorch runs with its defaults: eager, not compiled.
"""

import math
import sys

import torch
from torch import nn
from torch.nn.functional import cross_entropy, scaled_dot_product_attention

from peer import per_second

VOCABULARY, BATCH, TOKENS, LIMIT = 4000, 64, 24, 68
EMBEDDING, HIDDEN = 128, 256
WIDTH, HEADS, LAYERS = 128, 4, 2


class Recurrent(nn.Module):
    """A GRU that encodes and a GRU that decodes, with the summary at each step or with additive attention."""

    def __init__(self, attends):
        super().__init__()
        self.source = nn.Embedding(VOCABULARY, EMBEDDING)
        self.encoder = nn.GRU(EMBEDDING, HIDDEN, batch_first=True)
        self.bridge = nn.Linear(HIDDEN, HIDDEN)
        self.target = nn.Embedding(VOCABULARY, EMBEDDING)
        self.attends = attends
        if attends:
            self.decoder = nn.GRUCell(EMBEDDING + HIDDEN, HIDDEN)
            self.key = nn.Linear(HIDDEN, HIDDEN)
            self.query = nn.Linear(HIDDEN, HIDDEN, bias=False)
            self.score = nn.Linear(HIDDEN, 1, bias=False)
        else:
            self.decoder = nn.GRU(EMBEDDING + HIDDEN, HIDDEN, batch_first=True)
        self.readout = nn.Linear(HIDDEN + HIDDEN + EMBEDDING, EMBEDDING)
        self.output = nn.Linear(EMBEDDING, VOCABULARY)

    def encode(self, source):
        memory, last = self.encoder(self.source(source))
        state = torch.tanh(self.bridge(last[0]))
        return (memory, self.key(memory) if self.attends else None), state

    def attend(self, memory, keys, state):
        scores = self.score(torch.tanh(keys + self.query(state).unsqueeze(1)))
        return (torch.softmax(scores, 1) * memory).sum(1)

    def decode(self, encoded, state, tokens):
        memory, keys = encoded
        embedded = self.target(tokens)
        if self.attends:
            states, contexts = [], []
            for token in embedded.unbind(1):
                context = self.attend(memory, keys, state)
                state = self.decoder(torch.cat([token, context], 1), state)
                states.append(state)
                contexts.append(context)
            states, contexts = torch.stack(states, 1), torch.stack(contexts, 1)
        else:
            contexts = memory[:, -1:].expand(-1, tokens.shape[1], -1)
            states, last = self.decoder(torch.cat([embedded, contexts], 2), state.unsqueeze(0))
            state = last[0]
        features = torch.tanh(self.readout(torch.cat([states, contexts, embedded], 2)))
        return self.output(features), state


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.output = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.key_and_value = nn.Linear(WIDTH, 2 * WIDTH)

    def memory(self, x):
        """Keys and values of each head."""
        return [self.heads(part) for part in self.key_and_value(x).chunk(2, -1)]

    @staticmethod
    def heads(x):
        return x.unflatten(-1, (HEADS, -1)).transpose(1, 2)

    def forward(self, x, memory, causal=False):
        mixed = scaled_dot_product_attention(self.heads(self.query(x)), *memory, is_causal=causal)
        return self.output(mixed.transpose(1, 2).flatten(2))


def feed_forward():
    return nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.ReLU(), nn.Linear(4 * WIDTH, WIDTH))


class EncoderLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(2))
        self.attention, self.feed_forward = Attention(), feed_forward()

    def forward(self, x):
        normed = self.norms[0](x)
        x = x + self.attention(normed, self.attention.memory(normed))
        return x + self.feed_forward(self.norms[1](x))


class DecoderLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(3))
        self.attention, self.source, self.feed_forward = Attention(), Attention(), feed_forward()

    def forward(self, x, source, before):
        normed = self.norms[0](x)
        memory = self.attention.memory(normed)
        if before is not None:
            memory = [torch.cat(pair, 2) for pair in zip(before, memory)]
        x = x + self.attention(normed, memory, causal=before is None)
        x = x + self.source(self.norms[1](x), source)
        return x + self.feed_forward(self.norms[2](x)), memory


class Transformer(nn.Module):
    """A transformer with normalisation in front, and one table of embeddings for source, target and output."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, WIDTH)
        self.encoder = nn.ModuleList(EncoderLayer() for _ in range(LAYERS))
        self.decoder = nn.ModuleList(DecoderLayer() for _ in range(LAYERS))
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(2))
        angles = torch.arange(LIMIT)[:, None] * 1e4 ** (-torch.arange(0, WIDTH, 2) / WIDTH)
        self.register_buffer("positions", torch.stack([angles.sin(), angles.cos()], 2).flatten(1))

    def embed(self, tokens, first=0):
        positions = self.positions[first : first + tokens.shape[1]]
        return self.embedding(tokens) * math.sqrt(WIDTH) + positions

    def encode(self, source):
        x = self.embed(source)
        for layer in self.encoder:
            x = layer(x)
        memory = self.norms[0](x)
        return [layer.source.memory(memory) for layer in self.decoder], [None] * LAYERS

    def decode(self, encoded, before, tokens):
        x = self.embed(tokens, 0 if before[0] is None else before[0][0].shape[2])
        after = []
        for layer, source, memory in zip(self.decoder, encoded, before):
            x, memory = layer(x, source, memory)
            after.append(memory)
        return self.norms[1](x) @ self.embedding.weight.T, after


NETWORKS = {
    "gru": lambda: Recurrent(False),
    "gru-additive": lambda: Recurrent(True),
    "transformer": Transformer,
}


def step(network):
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    batches = torch.randint(4, VOCABULARY, (8, 2, BATCH, TOKENS + 1))
    place = 0

    def work():
        nonlocal place
        source, target = batches[place % len(batches)]
        place += 1
        optimizer.zero_grad()
        logits, _ = network.decode(*network.encode(source[:, 1:]), target[:, :-1])
        loss = cross_entropy(logits.flatten(0, 1), target[:, 1:].flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        loss.item()
        return BATCH * TOKENS

    return work


@torch.no_grad()
def decode(network):
    network.eval()
    source = torch.randint(4, VOCABULARY, (1, TOKENS))

    def work():
        encoded, state = network.encode(source)
        token, found = torch.ones(1, 1, dtype=torch.long), []
        for _ in range(LIMIT):
            logits, state = network.decode(encoded, state, token)
            token = logits[:, -1].argmax(1, keepdim=True)
            found.append(token.item())
        return LIMIT

    return work


if __name__ == "__main__":
    kind, name = sys.argv[1:]
    torch.manual_seed(1)
    with torch.set_grad_enabled(kind == "step"):
        print(per_second({"step": step, "decode": decode}[kind](NETWORKS[name]())))
