import torch
from torch import nn


class Transformer(nn.Module):
    def __init__(self, vocabulary, width, heads, layers, feed_forward):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.transformer = nn.Transformer(
            width, heads, layers, layers, feed_forward, dropout=0.0, batch_first=True, norm_first=True
        )

    def embed(self, tokens):
        width = self.embedding.embedding_dim
        places = torch.arange(width, device=tokens.device)
        steps = torch.arange(tokens.shape[1], device=tokens.device).unsqueeze(1)
        angles = steps / 10000 ** (places // 2 * 2 / width).double()
        positions = torch.where(places % 2 == 0, angles.sin(), angles.cos())
        return self.embedding(tokens) * width**0.5 + positions.to(self.embedding.weight.dtype)

    def forward(self, source, target):
        """Tokens [batch, sources] and [batch, targets], without padding, to logits [batch, targets, vocabulary]."""
        later = nn.Transformer.generate_square_subsequent_mask(target.shape[1], device=target.device)
        output = self.transformer(self.embed(source), self.embed(target), tgt_mask=later, tgt_is_causal=True)
        return output @ self.embedding.weight.T
