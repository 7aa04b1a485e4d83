"""Baselines: what they are made of, that strides can do the task, and that a saved one is the same agent."""

from pathlib import Path

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.vec_env import DummyVecEnv, VecMonitor

import reachenv
from reachenv.agents.checkpoint import CheckpointError
from reachenv.agents.rl import baselines
from reachenv.agents.rl import store as baselines_store
from reachenv.agents.rl.sb3_env import PelletVecEnv
from reachenv.agents.rl.strides import StridingVecEnv
from reachenv.demonstrator import Script, commands
from reachenv.lab.baselines.train import TRAINING
from reachenv.vector_env import PelletReachVectorEnv

SHORT = reachenv.Timing(tone=0.2, turn_lead=0.2, turn_time=0.2, response_window=0.2, total=0.42)
SMALL = {
    "ppo": {"n_steps": 8, "batch_size": 16, "n_epochs": 1, "policy_kwargs": {"net_arch": [8]}},
    "recurrent_ppo": {
        "n_steps": 8, "batch_size": 16, "n_epochs": 1,
        "policy_kwargs": {"net_arch": [8], "lstm_hidden_size": 4, "enable_critic_lstm": False, "shared_lstm": False},
    },
    "sac": {"learning_starts": 8, "batch_size": 8, "buffer_size": 100, "gradient_steps": 4, "policy_kwargs": {"net_arch": [8]}},
}  # fmt: skip


def worlds(n=2, timing=SHORT, **options):
    made = gymnasium.make_vec(
        reachenv.ENV_ID, num_envs=n, timing=timing, autoreset_mode=AutoresetMode.DISABLED, **options
    )
    return VecMonitor(PelletVecEnv(made))


def small(name, n=2, **options):
    return baselines.make(name, worlds(n, **options), seed=1, **SMALL[name])


# -- strides ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", baselines.LESIONABLE)
def test_without_reward_errors_the_policy_rests_and_its_critic_learns_on(name):
    agent = small(name, reward="shaped")

    def learned(blocked):
        baselines.block_reward_errors(agent, blocked)
        before = {name: value.clone() for name, value in agent.policy.state_dict().items()}
        agent.learn(16, reset_num_timesteps=False)
        changed = {name for name, value in agent.policy.state_dict().items() if not value.equal(before[name])}
        acts = {n for n in changed if n.split(".")[0] in ("log_std", "action_net", "lstm_actor") or ".policy_net." in n}
        return {"actor": bool(acts), "critic": bool(changed - acts)}

    assert learned(blocked=False) == {"actor": True, "critic": True}
    for _ in range(2):  # though Adam remembers what went before
        assert learned(blocked=True) == {"actor": False, "critic": True}
    assert learned(blocked=False) == {"actor": True, "critic": True}


@pytest.mark.parametrize("name", ["ppo", "recurrent_ppo"])
def test_a_rollout_pays_for_swings_and_for_what_lies_beyond_the_range(name):
    costs = {"rollout_buffer_kwargs": {"beyond": 0.1, "change": 0.5}}
    agent = baselines.make(name, worlds(), seed=1, **SMALL[name], **costs)
    rollout, value = agent.rollout_buffer, torch.zeros(2)
    more = {"lstm_states": agent._last_lstm_states} if name == "recurrent_ppo" else {}

    def reward_of(actions, starts):
        """Of two worlds, each with one number for all five parts of the action but the last, which is 0."""
        whole = np.repeat(np.array(actions, np.float32)[:, None], 5, axis=1) * [1, 1, 1, 1, 0]
        rollout.add(np.zeros((2, 56)), whole, np.ones(2), np.array(starts), value, value, **more)
        return rollout.rewards[rollout.pos - 1].tolist()

    assert reward_of([0.5, 3.0], [1, 1]) == pytest.approx([1.0, 0.68])  # 3 is 2 beyond: .1 * 4 * 4/5
    assert reward_of([-0.5, 1.0], [0, 0]) == pytest.approx([0.6, 1.0])  # from 3, cut to 1, to 1: no swing
    rollout.reset()
    assert reward_of([0.5, -1.0], [0, 1]) == pytest.approx([0.6, 1.0])  # goes on across rollouts, not across trials


def aimed_at(command, rest):
    """The action that a command is the aim of."""
    way = command - rest
    return way / np.where(way > 0, np.maximum(1 - rest, 1e-6), np.maximum(1 + rest, 1e-6))


def test_an_action_is_an_aim_reached_in_strides():
    env = StridingVecEnv(worlds(timing="compact"), repeat=4, stride=0.3)
    rest = env.get_attr("rest_action", [0])[0]
    env.reset()
    env.step(np.zeros((2, 5)))
    assert env._command[0] == pytest.approx(rest, abs=1e-6)
    for end in (1.0, -1.0):
        for _ in range(8):
            before = env._command.copy()
            env.step(np.full((2, 5), end))
            assert np.abs(env._command - before).max() <= 0.3 + 1e-6
        assert np.allclose(env._command, end)
    wanted = np.linspace(-0.9, 0.9, 5)
    assert env.target(aimed_at(wanted, rest)[None]) == pytest.approx(wanted[None], abs=1e-6)


@pytest.mark.parametrize("name", baselines.BASELINES)
@pytest.mark.parametrize(("timing", "reach_s"), [("compact", 0.3), (reachenv.Timing(**TRAINING), 0.25)])
def test_the_scripted_reach_succeeds_in_strides(name, timing, reach_s):
    """What a baseline can do holds a solution: the demonstrator's commands, followed no faster than strides allow."""
    chosen = baselines.BASELINES[name]
    env = StridingVecEnv(worlds(4, timing), chosen.repeat, chosen.stride)
    tone = 1.0 if timing == "compact" else timing.tone
    env.seed(0)
    env.reset()
    rest, done, step = env.get_attr("rest_action", [0])[0], np.zeros(4, bool), 0
    while not done.any():
        time = step * 0.01 - tone + 0.5 * chosen.repeat * 0.01
        wanted = commands(Script(reach_s=reach_s), time, np.zeros((4, 3))) if time >= 0 else np.tile(rest, (4, 1))
        _, _, done, infos = env.step(aimed_at(wanted, rest))
        step += chosen.repeat
    assert np.mean([info["is_success"] for info in infos]) >= 0.75


def test_a_decision_adds_up_its_rewards_and_a_trial_begins_at_rest():
    env = StridingVecEnv(worlds(reward="shaped"), repeat=4, stride=0.3)
    plain = worlds(reward="shaped")
    for e in (env, plain):
        e.seed(5)
        e.reset()
    command = np.tile(env.get_attr("rest_action", [0])[0], (2, 1))
    rng = np.random.default_rng(0)
    stride = np.float32(0.3)
    for decision in range(11):  # 42 steps: the eleventh decision is cut to two
        action = rng.uniform(-1, 1, (2, 5)).astype(np.float32)
        command = command + np.clip(env.target(action) - command, -stride, stride)
        obs, reward, done, infos = env.step(action)
        steps = [plain.step(command) for _ in range(4 if decision < 10 else 2)]
        assert reward == pytest.approx(sum(s[1] for s in steps), abs=1e-6)
        assert obs[:, :-1] == pytest.approx(steps[-1][0], abs=1e-5) and done.all() == (decision == 10)
    assert infos[0]["terminal_observation"].shape == (56,) and infos[0]["episode"]["l"] == 42
    assert np.array_equal(env._command[0], env._rest) and obs[0, -1] == 0


def test_the_tone_is_remembered_and_fades():
    env = StridingVecEnv(worlds(timing="compact"), repeat=4, stride=0.3)
    env.reset()
    seen = np.array([env.step(np.zeros((2, 5)))[0][0, -1] for _ in range(50)])
    onset = np.flatnonzero(seen)[0]
    assert (seen[:onset] == 0).all() and onset in (24, 25)
    assert seen[onset + 20] / seen[onset] == pytest.approx(np.exp(-0.8), rel=1e-3)


def test_impossible_strides_are_refused():
    with pytest.raises(ValueError, match="repeat is 0"):
        StridingVecEnv(worlds(), 0, 0.3)
    with pytest.raises(ValueError, match="swing is -1"):
        StridingVecEnv(worlds(), 4, 0.3, swing=-1)


def rewards_of(plan, **costs):
    """Reward of each decision (k, worlds) in a trial and the first decision of the next."""
    env = StridingVecEnv(worlds(reward="shaped"), repeat=4, stride=0.3, **costs)
    env.seed(5)
    env.reset()
    return np.array([env.step(np.full((2, 5), a, np.float32))[1] for a in plan])


def test_swings_cost_within_a_trial():
    plan = [0.5, 0.5, -0.5, 3.0, 1.0, 0, 0, 0, 0, 0, 0, 0.7]  # 42 steps a trial: the twelfth decision opens the next
    cost = rewards_of(plan) - rewards_of(plan, swing=0.1)
    assert cost[:, 0] == pytest.approx([0, 0, 0.1, 0.225, 0, 0.1, 0, 0, 0, 0, 0, 0], abs=1e-6)  # 3 is cut to 1


def test_a_pellet_that_has_fallen_pays_nothing_where_it_is_forfeited(monkeypatch):
    """The pellet of world 1 counts as fallen from a decision on; world 0 is paid as ever."""
    plain, forfeited = [
        StridingVecEnv(worlds(timing="compact", reward="shaped"), repeat=4, stride=0.3, forfeit=f)
        for f in (False, True)
    ]
    fallen = np.array([False, False])
    monkeypatch.setattr(PelletReachVectorEnv, "fallen", property(lambda self: fallen))
    paid = []
    for env in (plain, forfeited):
        fallen[1] = False
        env.seed(5)
        env.reset()
        rewards = []
        for decision in range(40):
            fallen[1] = decision >= 30
            rewards.append(env.step(np.zeros((2, 5)))[1].copy())
        paid.append(np.array(rewards))
    usual, lost = paid
    assert usual[30:].min() > 0  # the tone has sounded, and near the pellet pays
    assert lost[:30] == pytest.approx(usual[:30]) and lost[:, 0] == pytest.approx(usual[:, 0])
    assert (lost[30:, 1] == 0).all()


def test_who_has_fallen_is_told_by_the_native_environment_and_by_single_ones(monkeypatch):
    native = StridingVecEnv(worlds(), repeat=4, stride=0.3, forfeit=True)
    native.reset()
    assert native._fallen().tolist() == [False, False]  # through VecMonitor and the adapter
    monkeypatch.setattr(PelletReachVectorEnv, "fallen", property(lambda self: np.arange(self.num_envs) == 0))
    assert native._fallen().tolist() == [True, False]
    single = DummyVecEnv([lambda: gymnasium.make(reachenv.ENV_ID, timing=SHORT, reward="shaped")] * 2)
    for forfeit in (False, True):
        env = StridingVecEnv(single, repeat=4, stride=0.3, forfeit=forfeit)
        env.reset()
        assert env._fallen().tolist() == [True, True]
        paid = [env.step(np.zeros((2, 5)))[1].max() for _ in range(9)]  # 360 ms; the tone is at 200
        assert (max(paid) > 0) == (not forfeit)


def test_costs_of_training_are_none_in_tests():
    sac = baselines.BASELINES["sac"]
    trained, tested = (baselines.wrap("sac", worlds(), training=t).venv for t in (True, False))
    assert (trained.swing, trained.forfeit) == (sac.swing, sac.forfeit) == (0.02, True)
    assert (tested.swing, tested.forfeit) == (0.0, False)


# -- agents ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", baselines.BASELINES)
def test_settings_keep_the_promise_of_the_shaped_reward(name):
    chosen = baselines.BASELINES[name]
    assert chosen.options["gamma"] ** (1 / chosen.repeat) <= 0.99 + 1e-9  # see reachenv.reward.feast
    assert set(chosen.why) <= set(chosen.options) | {"repeat", "stride", "worlds", "swing", "forfeit"}


@pytest.mark.parametrize("name", baselines.BASELINES)
@pytest.mark.parametrize("control", ["spinal", "muscle"])
def test_a_saved_baseline_is_the_same_agent_and_learns_on(name, control, tmp_path):
    agent = small(name, control=control, reward="shaped")
    agent.learn(64)
    baselines_store.save(agent, tmp_path / "agent")
    again = baselines_store.load(tmp_path / "agent.zip", worlds(control=control, reward="shaped"), **SMALL[name])
    obs = np.random.default_rng(0).normal(size=(2, agent.observation_space.shape[0])).astype(np.float32)
    mine, theirs = (
        a.predict(a.get_vec_normalize_env().normalize_obs(obs), deterministic=True)[0] for a in (agent, again)
    )
    assert np.array_equal(mine, theirs)
    assert again.num_timesteps == agent.num_timesteps >= 64
    before = again.num_timesteps
    again.learn(32, reset_num_timesteps=False)
    assert again.num_timesteps >= before + 32
    optimiser = again.policy.optimizer if name != "sac" else again.actor.optimizer
    assert max(int(s["step"]) for s in optimiser.state.values()) > 1  # it went on, and did not begin anew


def test_evaluation_uses_the_agents_statistics_and_leaves_them_alone():
    agent = small("ppo", reward="shaped").learn(64)
    own = agent.get_vec_normalize_env()
    before = own.obs_rms.mean.copy()
    tested = baselines.worlds_to_test(agent, "ppo", worlds(3))
    told = baselines.trials(agent, tested, seed=4)
    assert len(told) == 3 and all("outcome_code" in t and "episode" in t for t in told)
    assert np.array_equal(own.obs_rms.mean, before) and tested.obs_rms is own.obs_rms
    assert baselines.steps_taken(agent, "ppo") == 64 * 4


def test_the_loop_and_every_baseline_are_used_in_the_same_three_lines(tmp_path):
    for name in ("bg_loop", "ppo"):
        agent = baselines.make(name, worlds(), seed=1, **SMALL.get(name, {})).learn(2 * 42)
        baselines_store.save(agent, tmp_path / name)
        again = baselines_store.load(tmp_path / name, worlds(), **SMALL.get(name, {}))
        assert type(again) is type(agent) and baselines_store.name_of(again) == name


def test_wrong_worlds_and_names_are_refused(tmp_path):
    baselines_store.save(small("ppo"), tmp_path / "a.zip")
    with pytest.raises(CheckpointError, match="does not fit"):
        baselines_store.load(tmp_path / "a.zip", worlds(control="muscle"), **SMALL["ppo"])
    with pytest.raises(CheckpointError, match="cannot be read"):
        baselines_store.load(tmp_path / "nobody.zip", worlds())
    with pytest.raises(ValueError, match="there is ppo, recurrent_ppo, sac"):
        baselines.make("dqn", worlds())


def test_without_sb3_contrib_one_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "sb3_contrib", None)
    with pytest.raises(ImportError, match=r"pip install 'reachenv\[rl\]'"):
        baselines.algorithm("recurrent_ppo")


def test_usual_callbacks_log_and_save(tmp_path):
    from stable_baselines3.common.callbacks import CheckpointCallback, EvalCallback

    agent = small("ppo")
    agent.tensorboard_log = str(tmp_path / "tb")
    tested = baselines.worlds_to_test(agent, "ppo", worlds())
    watch = [
        CheckpointCallback(16, str(tmp_path / "saved"), save_vecnormalize=True),
        EvalCallback(tested, n_eval_episodes=2, eval_freq=16, log_path=str(tmp_path), verbose=0),
    ]
    agent.learn(64, callback=watch)
    assert list((tmp_path / "saved").glob("*.zip")) and list(tmp_path.rglob("events.out.tfevents.*"))
    assert (tmp_path / "evaluations.npz").exists()


# -- published agents ------------------------------------------------------------------------------------------------

PUBLISHED = Path(__file__).parents[2] / "docs" / "results" / "baselines"


@pytest.mark.parametrize("path", sorted(PUBLISHED.glob("*.zip")), ids=lambda path: path.stem)
def test_a_published_agent_is_one_of_today(path):
    control = "muscle" if "muscle" in path.stem else "spinal"
    agent = baselines_store.load(path, worlds(control=control, reward="shaped"))
    assert baselines.steps_taken(agent, baselines_store.name_of(agent)) >= 1_000_000


def test_a_published_agent_eats():
    agent = baselines_store.load(PUBLISHED / "sac-0.zip", worlds(reward="shaped"))
    tested = baselines.worlds_to_test(agent, "sac", worlds(8, timing="compact"))
    assert np.mean([told["is_success"] for told in baselines.trials(agent, tested, seed=7)]) >= 0.75
