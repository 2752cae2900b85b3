"""The engine survives what kills an inference process, and believes no model that is not what its card says."""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from edge_app.errors import EngineDiedError, ModelError
from edge_app.reading.card import OPENVINO_WEIGHTS
from edge_app.reading.choice import Device, Runtime
from edge_app.reading.engine import Engine
from tests.edge_app.reading.bundles import SIDE, change_card, label, network, write_bundle

GREY = np.full((SIDE, SIDE), 128, dtype=np.uint8)
ON_GREY = {"one": 0.62412, "two": 0.56025}


def batch(value: float = 1.0) -> NDArray[np.float32]:
    return np.full((1, 1, SIDE, SIDE), value, dtype=np.float32)


def write_golden(models: Path, probabilities: dict[str, float], weights_of_onnx: list[float] | None = None) -> None:
    second = None if weights_of_onnx is None else network(weights_of_onnx, [0.5, 0.25])
    golden = [{"picture": "grey.png", "probabilities": probabilities}]
    write_bundle(
        models, "pair", [label("one"), label("two")], network([1.0, -1.0], [0.5, 0.25]), second, golden=golden, pictures={"grey.png": GREY}
    )


def shadow(folder: Path, monkeypatch: pytest.MonkeyPatch, library: str, body: str) -> None:
    """Put a module before the real library in the inference process."""
    (folder / library).mkdir(parents=True, exist_ok=True)
    (folder / library / "__init__.py").write_text(body, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(folder))


SEGFAULT = "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n"
SEGFAULT_IN_RUN = """
import os, signal
class Core:
    def compile_model(self, *_): return self
    def create_infer_request(self): return self
    def infer(self, _): os.kill(os.getpid(), signal.SIGSEGV)
"""


def test_answers_with_openvino_and_says_why(engine: Engine) -> None:
    outputs = engine.infer("pair", batch(2.0))
    np.testing.assert_allclose(outputs.logits, [[2.5, -1.75]], rtol=1e-5)
    assert outputs.map is not None
    assert outputs.map.shape == (1, 2, 8, 8)
    assert (outputs.choice.runtime, outputs.choice.device, outputs.choice.precision) == (Runtime.OPENVINO, Device.CPU, "FP32")
    assert "no golden pictures" in outputs.choice.reason
    assert engine.choice("pair") == outputs.choice


def test_an_answer_is_not_overwritten_by_the_next(engine: Engine) -> None:
    first = engine.infer("pair", batch(0.0)).logits
    engine.infer("pair", batch(3.0))
    np.testing.assert_allclose(first, [[0.5, 0.25]], rtol=1e-5)


def test_killed_in_the_middle_of_a_request(engine: Engine) -> None:
    engine.choice("pair")
    first = engine.pid
    assert first is not None
    os.kill(first, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(engine.infer, "pair", batch())
        while engine._lock.acquire(blocking=False):
            engine._lock.release()
        os.kill(first, signal.SIGKILL)
        np.testing.assert_allclose(waiting.result().logits, [[1.5, -0.75]], rtol=1e-5)
    assert engine.pid != first
    assert engine.choice("pair").runtime is Runtime.OPENVINO


def test_killed_while_idle(engine: Engine) -> None:
    engine.choice("pair")
    assert engine.pid is not None
    psutil.Process(engine.pid).kill()
    np.testing.assert_allclose(engine.infer("pair", batch()).logits, [[1.5, -0.75]], rtol=1e-5)


def test_a_process_that_hangs_is_replaced(models: Path, tmp_path: Path) -> None:
    with Engine(models, tmp_path / "cache", threads=1, infer_deadline_s=1.0) as engine:
        engine.choice("pair")
        first = engine.pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        np.testing.assert_allclose(engine.infer("pair", batch()).logits, [[1.5, -0.75]], rtol=1e-5)
        assert engine.pid != first
        assert not psutil.pid_exists(first)


def test_an_altered_weights_file_is_refused(engine: Engine, models: Path) -> None:
    weights = models / "pair" / OPENVINO_WEIGHTS
    content = bytearray(weights.read_bytes())
    content[0] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.bin is not the file the card names"):
        engine.infer("pair", batch())


def test_a_file_without_a_hash_is_refused(engine: Engine, models: Path) -> None:
    change_card(models / "pair", files={})
    with pytest.raises(ModelError, match=r"no hash for model\.xml"):
        engine.choice("pair")


def test_no_such_model(engine: Engine) -> None:
    assert not engine.has("triplet")
    with pytest.raises(ModelError, match=r"no card\.json"):
        engine.infer("triplet", batch())


def test_a_bundle_changed_while_in_use_is_refused_once(engine: Engine, models: Path) -> None:
    engine.card("pair")
    change_card(models / "pair", version="2")
    with pytest.raises(ModelError, match="changed while in use"):
        engine.choice("pair")
    assert engine.card("pair").version == "2"
    engine.choice("pair")


def test_golden_pictures_are_held(engine: Engine, models: Path) -> None:
    write_golden(models, ON_GREY)
    assert "1 golden answer" in engine.choice("pair").reason


def test_altered_golden_values_leave_nothing_to_run_it(engine: Engine, models: Path) -> None:
    write_golden(models, ON_GREY | {"two": 0.9})
    with pytest.raises(ModelError, match=r"two is 0\.560, should be 0\.900") as caught:
        engine.infer("pair", batch())
    assert "OpenVINO" in str(caught.value)
    assert "ONNX Runtime on the processor" in str(caught.value)


def test_a_golden_picture_that_is_not_there(engine: Engine, models: Path) -> None:
    write_golden(models, ON_GREY)
    (models / "pair" / "golden" / "grey.png").unlink()
    with pytest.raises(ModelError, match="missing"):
        engine.choice("pair")


def test_a_wrong_openvino_network_gives_way_to_onnx_runtime(engine: Engine, models: Path) -> None:
    write_golden(models, {"one": 0.5 + 0.5 * np.tanh(0.25), "two": 0.5 + 0.5 * np.tanh(0.125)}, weights_of_onnx=[0.0, 0.0])
    change_card(models / "pair", golden=[{"picture": "grey.png", "probabilities": {"one": 0.62246, "two": 0.56218}, "tolerance": 0.0005}])
    choice = engine.choice("pair")
    assert choice.runtime is Runtime.ONNXRUNTIME
    assert "should be 0.622" in choice.reason


def test_openvino_that_does_not_load(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shadow(tmp_path / "shadow", monkeypatch, "openvino", "raise ImportError('built for another processor')\n")
    outputs = engine.infer("pair", batch())
    np.testing.assert_allclose(outputs.logits, [[1.5, -0.75]], rtol=1e-5)
    assert (outputs.choice.runtime, outputs.choice.device) == (Runtime.ONNXRUNTIME, Device.CPU)
    assert "built for another processor" in outputs.choice.reason


@pytest.mark.parametrize("body", [SEGFAULT, SEGFAULT_IN_RUN], ids=["loading", "running"])
def test_openvino_that_kills_its_process_twice(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    shadow(tmp_path / "shadow", monkeypatch, "openvino", body)
    outputs = engine.infer("pair", batch())
    np.testing.assert_allclose(outputs.logits, [[1.5, -0.75]], rtol=1e-5)
    assert outputs.choice.runtime is Runtime.ONNXRUNTIME
    assert "ended by signal 11, 2 times in a row" in outputs.choice.reason


def test_when_everything_dies_it_is_said_and_tried_again_later(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shadow(tmp_path / "shadow", monkeypatch, "openvino", SEGFAULT)
    shadow(tmp_path / "shadow", monkeypatch, "onnxruntime", SEGFAULT)
    with pytest.raises(EngineDiedError, match="nothing here can run it"):
        engine.infer("pair", batch())
    monkeypatch.delenv("PYTHONPATH")
    assert engine.infer("pair", batch()).choice.runtime is Runtime.OPENVINO


def test_a_process_that_cannot_start(engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no_python"))
    with pytest.raises(EngineDiedError, match="could not be started"):
        engine.infer("pair", batch())


def test_numbers_that_are_not_finite_are_no_answer(engine: Engine, models: Path) -> None:
    write_bundle(models, "pair", [label("one"), label("two")], network([1.0, 1.0], [9.0, 9.0], root=True))
    np.testing.assert_allclose(engine.infer("pair", batch(0.0)).logits, [[3.0, 3.0]], rtol=1e-5)
    with pytest.raises(ModelError, match="not a finite number"):
        engine.infer("pair", batch(-10.0))
    np.testing.assert_allclose(engine.infer("pair", batch(0.0)).logits, [[3.0, 3.0]], rtol=1e-5)


def test_input_that_is_not_what_the_card_says(engine: Engine) -> None:
    with pytest.raises(ModelError, match="input of shape"):
        engine.infer("pair", np.zeros((1, 1, SIDE, SIDE + 1), dtype=np.float32))
    with pytest.raises(ModelError, match="not finite"):
        engine.infer("pair", batch(np.nan))


def test_outputs_that_are_not_what_the_card_says(engine: Engine, models: Path) -> None:
    change_card(models / "pair", labels=[label("one"), label("two"), label("three")])
    with pytest.raises(ModelError, match=r"logits of shape \(1, 2\) for 3 outputs"):
        engine.choice("pair")


def test_a_cut_cache_costs_nothing(models: Path, tmp_path: Path) -> None:
    with Engine(models, tmp_path / "cache") as engine:
        engine.choice("pair")
    blobs = [file for file in (tmp_path / "cache" / "pair").rglob("*") if file.is_file()]
    assert blobs
    for blob in blobs:
        blob.write_bytes(blob.read_bytes()[: blob.stat().st_size // 2] + bytes(blob.stat().st_size // 2))
    with Engine(models, tmp_path / "cache") as engine:
        outputs = engine.infer("pair", batch())
    np.testing.assert_allclose(outputs.logits, [[1.5, -0.75]], rtol=1e-5)
    assert outputs.choice.runtime is Runtime.OPENVINO


def test_a_cache_that_cannot_be_kept_costs_nothing(models: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be", encoding="utf-8")
    with Engine(models, tmp_path / "cache") as engine:
        assert engine.choice("pair").runtime is Runtime.OPENVINO


def test_a_new_bundle_never_meets_the_cache_of_the_old(models: Path, tmp_path: Path) -> None:
    with Engine(models, tmp_path / "cache") as engine:
        engine.choice("pair")
    before = list((tmp_path / "cache" / "pair").iterdir())
    write_bundle(models, "pair", [label("one"), label("two")], network([2.0, -2.0], [0.5, 0.25]))
    with Engine(models, tmp_path / "cache") as engine:
        np.testing.assert_allclose(engine.infer("pair", batch()).logits, [[2.5, -1.75]], rtol=1e-5)
    after = list((tmp_path / "cache" / "pair").iterdir())
    assert len(before) == len(after) == 1
    assert before != after


def test_many_threads_each_get_their_own_answer(engine: Engine) -> None:
    values = [float(value) for value in range(40)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda value: engine.infer("pair", batch(value)).logits[0, 0], values))
    np.testing.assert_allclose(answers, np.array(values) + 0.5, rtol=1e-5)


def test_closing_leaves_no_process_and_no_descriptor(models: Path, tmp_path: Path) -> None:
    descriptors, threads = len(list(Path("/proc/self/fd").iterdir())), threading.active_count()
    for _ in range(2):
        engine = Engine(models, tmp_path / "cache")
        engine.choice("pair")
        pid = engine.pid
        assert pid is not None
        engine.close()
        assert engine.pid is None
        assert not psutil.pid_exists(pid)
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors
    assert threading.active_count() == threads


def test_the_process_ends_when_its_parent_is_killed(models: Path, tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from edge_app.reading.engine import Engine\n"
        "engine = Engine(Path(sys.argv[1]), Path(sys.argv[2])); engine.choice('pair'); print(engine.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(models), str(tmp_path / "cache")], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        parent.wait()
    # Whoever adopts an orphan may be slow to bury it; a zombie has ended.
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
