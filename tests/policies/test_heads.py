"""These tests check the contract of every policy head, and what each kind adds."""

import numpy as np
import pytest
import torch

from sidestick.policies.base.checkpoint import load_state, read_tensors, write_tensors
from sidestick.policies.heads import HEADS, build_head
from sidestick.policies.heads.head import held_actions
from sidestick.sim_envs.errors import BadValue, UnknownName

SIZE, CHUNK, BATCH = 18, 16, 20
SMALL = {
    "act": {"width": 32, "tokens": 2},
    "bc": {"width": 128, "opinions": 2},
    "bc-gmm": {"width": 128},
    "flow": {"width": 192, "layers": 2},
}
"""Settings with which a head learns a little within a second."""


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)  # as training does: vanishing numbers are slow
    yield
    torch.set_flush_denormal(False)
    torch.set_num_threads(before)


def made(name, seed=0, **settings):
    torch.manual_seed(seed)
    return build_head(name, SIZE, {"chunk": CHUNK, **settings}).eval()


def batch(seed=0):
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(BATCH, SIZE, generator=g)
    actions = torch.rand(BATCH, CHUNK, 7, generator=g) * 2 - 1
    return x, actions, torch.ones(BATCH, CHUNK, dtype=torch.bool)


def episode(steps=40):
    """One smooth episode: positions of the end effector, and the action chunks from there on."""
    time = torch.linspace(0, 1, steps + CHUNK)[:, None]
    actions = 0.8 * torch.sin(2 * torch.pi * (time * torch.arange(1, 8) / 4 + torch.arange(7) / 7))
    x = torch.sin(time[:steps] * torch.arange(1, SIZE + 1))
    chunks = torch.stack([actions[i : i + CHUNK] for i in range(steps)])
    return x, chunks, torch.ones(steps, CHUNK, dtype=torch.bool)


def learn(head, data, steps, rate=1e-3):
    optimiser = torch.optim.Adam(head.parameters(), rate)
    for step in range(steps):
        noise = torch.Generator().manual_seed(step)
        order = torch.randperm(len(data[0]), generator=noise)
        loss = head.loss(*(whole[order] for whole in data), noise)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return head.eval()


@torch.inference_mode()
def predicted(head, x):
    return head.predict(x)


@pytest.mark.parametrize("name", sorted(HEADS))
class TestEveryHead:
    """Runs over the registry of heads."""

    def test_plans_have_the_chunks_shape(self, name):
        """Plans are (B, H, 7), finite, within the action space; the spread is not negative."""
        actions, spread = predicted(made(name), 3 * batch()[0])
        assert actions.shape == spread.shape == (BATCH, CHUNK, 7)
        assert torch.isfinite(actions).all()
        assert torch.isfinite(spread).all()
        assert actions.abs().max() <= 1
        assert (spread >= 0).all()

    def test_any_chunk_length_is_possible(self, name):
        """Chunks may have a single action."""
        for chunk in (1, 5):
            head = made(name, chunk=chunk)
            assert predicted(head, batch()[0]).actions.shape == (BATCH, chunk, 7)
            mask = torch.ones(BATCH, chunk, dtype=torch.bool)
            loss = head.loss(batch()[0], batch()[1][:, :chunk], mask, torch.Generator())
            assert torch.isfinite(loss)

    def test_a_batch_of_one_is_as_good(self, name):
        """A plan does not depend on the rest of its batch."""
        head, x = made(name), batch()[0]
        together, alone = predicted(head, x), predicted(head, x[3:4])
        assert torch.allclose(together.actions[3:4], alone.actions, atol=1e-5)
        assert torch.allclose(together.spread[3:4], alone.spread, atol=1e-5)

    def test_the_same_seed_gives_the_same_head(self, name):
        """Another seed gives another one."""
        x = batch()[0]
        first, again, other = (predicted(made(name, seed), x).actions for seed in (0, 0, 1))
        assert torch.equal(first, again)
        assert not torch.equal(first, other)

    def test_a_plan_draws_no_chance(self, name):
        """Repeated plans are equal to the bit, also after random draws elsewhere."""
        head, x = made(name), batch()[0]
        first = predicted(head, x)
        torch.manual_seed(99)
        again = predicted(head, x)
        assert torch.equal(first.actions, again.actions)
        assert torch.equal(first.spread, again.spread)

    def test_the_loss_is_a_function_of_its_noise(self, name):
        """No other random draws are made, so that training can be resumed."""
        head, data = made(name), batch()
        losses = [head.loss(*data, torch.Generator().manual_seed(3)) for _ in range(2)]
        assert torch.equal(*losses)
        assert losses[0].shape == ()

    def test_saving_and_building_again_changes_nothing(self, name, tmp_path):
        """Settings and weights are the whole head."""
        head = made(name, seed=5)
        path = tmp_path / "head.safetensors"
        write_tensors(path, head.state_dict(), {})
        again = build_head(name, SIZE, head.settings()).eval()
        load_state(again, read_tensors(path)[0], path)
        x = batch()[0]
        mine, its = predicted(head, x), predicted(again, x)
        assert torch.equal(mine.actions, its.actions)
        assert torch.equal(mine.spread, its.spread)

    def test_actions_beyond_a_cut_do_not_matter(self, name):
        """Loss and gradient do not depend on masked actions."""
        x, actions, mask = batch()
        mask[:, 5:] = False
        mask[0, 1:] = False
        head, gradients, losses = made(name), [], []
        for fill_with in (0.0, 1e3):
            head.zero_grad()
            filled = actions.where(mask.unsqueeze(-1), torch.tensor(fill_with))
            loss = head.loss(x, filled, mask, torch.Generator().manual_seed(0))
            loss.backward()
            losses.append(loss.detach())
            gradients.append(torch.cat([p.grad.flatten() for p in head.parameters()]))
        assert torch.equal(*losses)
        assert torch.equal(*gradients)
        assert gradients[0].abs().max() > 0

    def test_one_episode_is_learnt_by_heart(self, name):
        """Plans come much nearer to the demonstrated chunks than the best constant."""
        data = episode()
        head = learn(made(name, **SMALL[name]), data, 300, 2e-3)
        constant = (data[1] - data[1].median(0).values).abs().mean()
        error = (predicted(head, data[0]).actions - data[1]).abs().mean()
        assert error < 0.25 * constant

    def test_unknown_settings_are_named(self, name):
        """BadValue also for impossible values."""
        with pytest.raises(BadValue, match=f"head {name}"):
            build_head(name, SIZE, {"depth": 3})
        with pytest.raises(BadValue, match="at least 1"):
            build_head(name, SIZE, {"chunk": 0})


def two_ways(n, chunk=4):
    """Windows that start at one position and go left or right, at random."""
    side = torch.from_numpy(np.random.default_rng(0).choice([-1.0, 1.0], n)).float()
    actions = torch.zeros(n, chunk, 7)
    actions[..., 0] = 0.7 * side[:, None]
    return torch.full((n, SIZE), 0.5), actions, torch.ones(n, chunk, dtype=torch.bool)


@pytest.mark.parametrize("name", ["bc-gmm", "flow"])
def test_of_two_ways_one_is_taken(name):
    """The plan is never the mean of both modes, and its spread is large."""
    head = learn(made(name, chunk=4, width=64), two_ways(200), 400, 3e-3)
    actions, spread = predicted(head, torch.full((1, SIZE), 0.5))
    assert actions[0, :, 0].abs().min() > 0.4
    assert len(set(actions[0, :, 0].sign().tolist())) == 1
    assert spread[0, :, 0].mean() > 0.4
    assert spread[0, :, 1:].mean() < 0.3


def test_members_of_an_ensemble_disagree_where_they_never_were():
    """Disagreement grows with the distance from the training episode."""
    data = episode()
    head = learn(made("bc", width=128), data, 200)
    near, far = predicted(head, data[0]).spread, predicted(head, data[0] + 4).spread
    assert far.mean() > 2 * near.mean()


def test_the_latent_of_act_reads_the_demonstration():
    """Without the KL term two modes get two latents, and each latent decodes to its mode."""
    head = learn(made("act", chunk=4, kl_weight=0.0, width=32, tokens=1), two_ways(20), 100, 3e-3)
    x, actions, mask = two_ways(20)
    with torch.inference_mode():
        mean, _ = head.posterior(x, actions, mask)
        assert (head(x, mean) - actions).abs().mean() < 0.05


def test_one_opinion_has_no_spread():
    """An ensemble of one has zero spread."""
    head = build_head("bc", SIZE, {"opinions": 1})
    assert (head.predict(batch()[0]).spread == 0).all()


def test_held_actions_repeat_the_last_that_counts():
    """Masked actions are replaced by the last valid one."""
    actions = torch.arange(4.0).reshape(1, 4, 1)
    mask = torch.tensor([[True, True, False, False]])
    assert held_actions(actions, mask).flatten().tolist() == [0, 1, 1, 1]


def test_unknown_heads_are_named():
    """The message lists the heads that exist."""
    with pytest.raises(UnknownName, match="act, bc, bc-gmm, flow"):
        build_head("diffusion", SIZE, {})


def test_attention_heads_divide_the_width():
    """Other numbers are refused by the constructor, not in the first step."""
    with pytest.raises(BadValue, match="head act"):
        build_head("act", SIZE, {"width": 30})
