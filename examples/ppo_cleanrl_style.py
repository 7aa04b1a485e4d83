"""PPO in one file, with nothing between you and the loop: numpy, torch, gymnasium.

    python examples/ppo_cleanrl_style.py --steps 200000
    python examples/ppo_cleanrl_style.py --steps 2000 --worlds 2 --rollout 16      # does it run?

For those who want to change the algorithm rather than its settings. It shows the interface and was not shown to learn the
task, which it meets as it is, at 100 Hz with absolute commands: without strides, without a memory of the tone, and without
what else makes it easier (`agents.rl.baselines` says what, and why).
"""

import argparse
import time
from dataclasses import dataclass

import gymnasium
import numpy as np
import torch
from gymnasium.vector import AutoresetMode
from torch import nn
from torch.distributions import Normal

import reachenv


@dataclass(frozen=True)
class Settings:
    steps: int = 1_000_000  # over all worlds
    worlds: int = 32
    rollout: int = 400  # steps of each world between two updates: one trial
    epochs: int = 8
    batches: int = 8
    rate: float = 3e-4
    discount: float = 0.99
    trace: float = 0.95
    clip: float = 0.2
    value_weight: float = 0.5
    seed: int = 0


class Agent(nn.Module):
    """A Gaussian policy and a value, two nets of two layers."""

    def __init__(self, senses: int, actions: int):
        super().__init__()
        self.value = self._net(senses, 1, 1.0)
        self.mean = self._net(senses, actions, 0.01)
        self.log_sd = nn.Parameter(torch.full((actions,), -1.0))

    @staticmethod
    def _net(inputs: int, outputs: int, gain: float) -> nn.Sequential:
        last = nn.Linear(128, outputs)
        nn.init.orthogonal_(last.weight, gain), nn.init.zeros_(last.bias)
        return nn.Sequential(nn.Linear(inputs, 128), nn.Tanh(), nn.Linear(128, 128), nn.Tanh(), last)

    def policy(self, obs: torch.Tensor) -> Normal:
        return Normal(self.mean(obs), self.log_sd.exp())


def advantages(rewards, values, ends, s: Settings) -> torch.Tensor:
    """Generalised advantage (T, N) from rewards (T, N), values (T + 1, N), and which steps ended a trial (T, N)."""
    out, running = torch.zeros_like(rewards), 0.0
    for t in reversed(range(len(rewards))):
        going = 1.0 - ends[t]
        error = rewards[t] + s.discount * going * values[t + 1] - values[t]
        running = error + s.discount * s.trace * going * running
        out[t] = running
    return out


def update(agent, optimiser, obs, actions, log_probs, gains, returns, s: Settings) -> None:
    """Some passes over the rollout, whose steps are mixed."""
    for _ in range(s.epochs):
        for rows in torch.randperm(len(obs)).chunk(s.batches):
            policy = agent.policy(obs[rows])
            ratio = (policy.log_prob(actions[rows]).sum(1) - log_probs[rows]).exp()
            gain = (gains[rows] - gains[rows].mean()) / (gains[rows].std() + 1e-8)
            policy_loss = -torch.min(ratio * gain, ratio.clamp(1 - s.clip, 1 + s.clip) * gain).mean()
            value_loss = 0.5 * (agent.value(obs[rows]).squeeze(1) - returns[rows]).square().mean()
            optimiser.zero_grad()
            (policy_loss + s.value_weight * value_loss).backward()
            nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
            optimiser.step()


def main(s: Settings) -> Agent:
    torch.manual_seed(s.seed)
    worlds = gymnasium.make_vec(
        reachenv.ENV_ID, num_envs=s.worlds, reward="shaped", nthread=2, autoreset_mode=AutoresetMode.SAME_STEP
    )
    shape = (s.rollout, s.worlds)
    agent = Agent(worlds.single_observation_space.shape[0], worlds.single_action_space.shape[0])
    optimiser = torch.optim.Adam(agent.parameters(), lr=s.rate)
    obs = torch.zeros(*shape, worlds.single_observation_space.shape[0])
    actions = torch.zeros(*shape, worlds.single_action_space.shape[0])
    log_probs, rewards, ends = torch.zeros(shape), torch.zeros(shape), torch.zeros(shape)
    values = torch.zeros(s.rollout + 1, s.worlds)
    now = torch.from_numpy(worlds.reset(seed=s.seed)[0])
    started, successes = time.monotonic(), []
    for done in range(0, s.steps, s.rollout * s.worlds):
        for t in range(s.rollout):
            with torch.no_grad():
                policy = agent.policy(now)
                action = policy.sample()
                values[t] = agent.value(now).squeeze(1)
            obs[t], actions[t], log_probs[t] = now, action, policy.log_prob(action).sum(1)
            seen, reward, terminated, truncated, info = worlds.step(action.numpy())
            now, rewards[t] = torch.from_numpy(seen), torch.from_numpy(reward)
            ends[t] = torch.from_numpy(terminated | truncated)
            if "final_info" in info:
                successes += list(info["final_info"]["is_success"][info["_final_info"]])
        with torch.no_grad():
            values[-1] = agent.value(now).squeeze(1)
        gains = advantages(rewards, values, ends, s)
        flat = (x.flatten(0, 1) for x in (obs, actions, log_probs, gains, gains + values[:-1]))
        update(agent, optimiser, *flat, s)
        steps = done + s.rollout * s.worlds
        success = np.mean(successes[-200:]) if successes else float("nan")
        pace = steps / (time.monotonic() - started)
        print(f"{steps:,} steps: success {success:.2f} in the last trials, {pace:,.0f} steps a second", flush=True)
    worlds.close()
    return agent


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("steps", "worlds", "rollout", "epochs", "seed"):
        parser.add_argument(f"--{name}", type=int, default=getattr(Settings, name))
    main(Settings(**vars(parser.parse_args())))
