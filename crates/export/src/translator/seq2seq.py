import torch
from torch import nn


class Seq2seq(nn.Module):
    def __init__(self, vocabulary, embedding, hidden, layers, bidirectional, attention):
        super().__init__()
        self.layers, self.attention = layers, attention
        self.directions = 2 if bidirectional else 1
        memory = self.directions * hidden
        self.source = nn.Embedding(vocabulary, embedding)
        self.encoder = nn.GRU(embedding, hidden, layers, batch_first=True, bidirectional=bidirectional)
        self.bridge = nn.Linear(memory, layers * hidden)
        self.target = nn.Embedding(vocabulary, embedding)
        context = 0 if attention == "dot" else memory
        self.decoder = nn.GRU(embedding + context, hidden, layers, batch_first=True)
        if attention == "additive":
            self.query = nn.Linear(hidden, hidden, bias=False)
            self.score = nn.Linear(hidden, 1, bias=False)
        if attention != "none":
            self.key = nn.Linear(memory, hidden, bias=False)
        self.readout = nn.Linear(hidden + memory + embedding, embedding)
        self.output = nn.Linear(embedding, vocabulary)

    def encode(self, source):
        """Tokens [batch, sources], without padding, to the encoding and the decoder's state."""
        memory, ends = self.encoder(self.source(source))
        summary = torch.cat(list(ends[-self.directions:]), 1)
        state = torch.tanh(self.bridge(summary)).chunk(self.layers, 1)
        return (memory, summary), torch.stack(state)

    def step(self, encoding, state, token):
        """Tokens [batch] to the logits of the next ones [batch, vocabulary], and the next state."""
        memory, summary = encoding
        embedded = self.target(token).unsqueeze(1)
        inputs, context = embedded, summary.unsqueeze(1)
        if self.attention == "additive":
            query = self.query(state[0]).unsqueeze(1)
            scores = self.score(torch.tanh(query + self.key(memory)))
            context = scores.softmax(1).transpose(1, 2) @ memory
        if self.attention != "dot":
            inputs = torch.cat([embedded, context], 2)
        output, state = self.decoder(inputs, state)
        if self.attention == "dot":
            scores = output @ self.key(memory).transpose(1, 2) / output.shape[2] ** 0.5
            context = scores.softmax(2) @ memory
        features = torch.tanh(self.readout(torch.cat([output, context, embedded], 2)))
        return self.output(features).squeeze(1), state

    def forward(self, source, target):
        """Tokens [batch, sources] and [batch, targets] to logits [batch, targets, vocabulary]."""
        encoding, state = self.encode(source)
        logits = []
        for token in target.unbind(1):
            step, state = self.step(encoding, state, token)
            logits.append(step)
        return torch.stack(logits, 1)
