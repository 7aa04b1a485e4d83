"""Work that several processes do at the same time."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable


def beside(work: Callable, count: int, *args) -> list:
    """What `count` new processes tell, each of `work(number, *args, together, results)`, which puts one thing into `results`.

    together: a barrier of all. Who fails breaks it and tells {"error": why}: then RuntimeError.
    """
    from reachenv.lab.runner.local import one_thread

    context = multiprocessing.get_context("spawn")
    together, results = context.Barrier(count), context.SimpleQueue()
    processes = [
        context.Process(target=work, args=(number, *args, together, results), daemon=True) for number in range(count)
    ]
    with one_thread():
        for process in processes:
            process.start()
    told = [results.get() for _ in processes]
    for process in processes:
        process.join()
    for error in (t["error"] for t in told if "error" in t):
        raise RuntimeError(error)
    return told
