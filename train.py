"""Train virtual mice to reach for a pellet, block their dopamine partway, and see who learns.

python train.py                                     # control and M1-block groups: some minutes on two cores
python train.py --lesion striatum:2-4 --mice 12     # another experiment; --help shows every option
python train.py --resume runs/NAME                  # go on with a run that was interrupted
python train.py --agent ppo --steps 5000000         # a baseline of reinforcement learning instead of mice
"""

from __future__ import annotations

from reachenv.lab.commands.ending import command


def main(words: list[str] | None = None) -> None:
    from reachenv.lab import findings
    from reachenv.lab.baselines import train as baseline_run
    from reachenv.lab.commands import stages
    from reachenv.lab.commands.options import make_plan, read_options
    from reachenv.lab.figures import run as figures
    from reachenv.lab.records.recording import assemble_trials
    from reachenv.lab.report import page as report

    options = read_options(words)
    if baseline_run.asked(options):
        return baseline_run.start(options, words)
    plan = make_plan(options, words)  # every check is in here; from now on there is work to lose
    run = plan.run
    with stages.at_work(plan):  # nobody else in the folder; says how to go on if interrupted
        stages.train_mice(plan)  # session by session, each one saved: --resume continues after the last
        assemble_trials(run)
        figures.draw_all(run)
        findings.write(run)
        stages.make_film(plan)
        report.write(run)
        stages.close(plan)


if __name__ == "__main__":
    with command("train.py"):
        main()
