"""The behaviour-cloning head, and what every head owes."""

import pytest
import torch

from sidestick.policies.heads import HEADS, build_head
from sidestick.sim_envs.errors import BadValue, UnknownName

SIZE, CHUNK, BATCH = 18, 16, 20


def made(name, seed=0):
    torch.manual_seed(seed)
    return build_head(name, SIZE, {"chunk": CHUNK})


def batch(seed=0):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(BATCH, SIZE, generator=g)
    actions = torch.rand(BATCH, CHUNK, 7, generator=g) * 2 - 1
    return x, actions, torch.ones(BATCH, CHUNK, dtype=torch.bool)


@pytest.mark.parametrize("name", sorted(HEADS))
class TestEveryHead:
    """Runs over the registry."""

    def test_plans_have_the_chunks_shape(self, name):
        """(B, H, 7), finite, spread not negative."""
        actions, spread = made(name).predict(batch()[0])
        assert actions.shape == spread.shape == (BATCH, CHUNK, 7)
        assert torch.isfinite(actions).all()
        assert (spread >= 0).all()

    def test_the_same_seed_gives_the_same_head(self, name):
        """And another seed another one."""
        x = batch()[0]
        with torch.inference_mode():
            first, again, other = (made(name, s).predict(x).actions for s in (0, 0, 1))
        assert torch.equal(first, again)
        assert not torch.equal(first, other)

    def test_settings_build_the_same_head_again(self, name):
        """save-load identity, without the file."""
        head = made(name)
        again = build_head(name, SIZE, head.settings())
        again.load_state_dict(head.state_dict())
        x = batch()[0]
        with torch.inference_mode():
            assert torch.equal(head.predict(x).actions, again.predict(x).actions)

    def test_actions_beyond_a_cut_do_not_matter(self, name):
        """Loss and gradient are the same whatever stands behind the mask."""
        x, actions, mask = batch()
        mask[:, 5:] = False
        head, gradients = made(name), []
        for fill in (0.0, 1e3):
            actions[:, 5:] = fill
            head.zero_grad()
            loss = head.loss(x, actions, mask, torch.Generator().manual_seed(0))
            loss.backward()
            gradients.append(torch.cat([p.grad.flatten() for p in head.parameters()]))
        assert torch.equal(*gradients)
        assert gradients[0].abs().max() > 0

    def test_it_can_learn_a_batch_by_heart(self, name):
        """Loss falls to a small part of the first one."""
        x, actions, mask = batch()
        head = made(name)
        optimiser = torch.optim.Adam(head.parameters(), 1e-3)
        losses = []
        for step in range(150):
            loss = head.loss(x, actions, mask, torch.Generator().manual_seed(step))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(float(loss.detach()))
        assert losses[-1] < 0.1 * losses[0]


def test_one_opinion_has_no_spread():
    """K = 1 says nothing about its doubt."""
    head = build_head("bc", SIZE, {"opinions": 1})
    assert (head.predict(batch()[0]).spread == 0).all()


def test_unknown_heads_and_settings_are_named():
    """The message lists what exists."""
    with pytest.raises(UnknownName, match="bc"):
        build_head("diffusion", SIZE, {})
    with pytest.raises(BadValue, match="head bc"):
        build_head("bc", SIZE, {"depth": 3})
