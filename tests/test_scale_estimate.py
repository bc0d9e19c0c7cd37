"""What docs/scale.md says of many machines follows from what was measured."""

from pathlib import Path

from benchmarks.job_traffic import MadeUpMachines, Options, jobs, traffic
from benchmarks.scale_estimate import ESTIMATES, PAGE, Measured, written


def test_the_page_follows_from_the_results() -> None:
    """Each estimate is in it, and a changed result would change it."""
    page, found = PAGE.read_text(), Measured.read()
    assert all(f"<!-- estimate: {name} -->" in page for name in ESTIMATES)
    assert written(page, found) == page, "python -m benchmarks.scale_estimate --write"
    dearer = {**found.evaluation, "cpu_s_an_episode": 10 * found.evaluation["cpu_s_an_episode"]}
    assert written(page, Measured(found.stages, dearer, found.traffic, found.many)) != page


def test_the_jobs_of_made_up_machines_all_come_home(tmp_path: Path) -> None:
    """Although some take their worker with them; each outcome is on the disk once."""
    options = Options(machines=10, cores=2, seconds=0.02, deaths=0.05)
    found = traffic(MadeUpMachines(options), jobs(200), tmp_path)
    assert found["jobs"] == 200
    (kept,) = tmp_path.iterdir()
    assert len(kept.read_text().splitlines()) == 1 + 200
