"""What the environment's info says of a trial, and what tables hold of it."""

import numpy as np

from reachenv.lab.records.recording import written
from reachenv.schema import OUTCOMES


def test_tables_hold_words_and_nan_where_info_holds_codes_and_infinity():
    info = {
        "outcome_code": np.array([0, 5]), "is_success": np.array([True, False]), "lift_time": np.array([1.2, np.inf]),
        "endpoint": np.array([[1.0, 2.0, 3.0], [np.inf] * 3]), "reward_eat": np.zeros(2), "_lift_time": np.ones(2, bool),
    }  # fmt: skip
    rows = written(info)
    assert set(rows) == {"outcome", "is_success", "lift_time", "endpoint"}
    assert rows["outcome"].tolist() == [OUTCOMES[0], OUTCOMES[5]] and rows["is_success"] is info["is_success"]
    assert rows["lift_time"][0] == 1.2 and np.isnan(rows["lift_time"][1]) and np.isnan(rows["endpoint"][1]).all()
    one = written({"outcome_code": 3, "lift_time": np.inf, "is_success": False})
    assert one["outcome"] == OUTCOMES[3] and np.isnan(one["lift_time"]) and one["is_success"] is False


def test_a_world_of_another_kind_may_write_words_and_nan_itself():
    info = {"outcome": np.array(["miss"], object), "lift_time": np.array([np.nan])}
    assert written(info)["outcome"] is info["outcome"] and np.isnan(written(info)["lift_time"]).all()
