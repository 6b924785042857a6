# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What every blob store promises."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from qiskit_ibmq_provider._atomic import TEMPORARY_SUFFIX
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.domain.blobs import BlobStore
from qiskit_ibmq_provider.service.domain.durable import DurableFile, refusal_of
from qiskit_ibmq_provider.service.domain.errors import NotFound, StorageFull, Unavailable
from qiskit_ibmq_provider.service.domain.model import payload_blob, result_blob
from qiskit_ibmq_provider.service.domain.store import StoreUnusable
from qiskit_ibmq_provider.service.store.blobs import DirectoryBlobs

REF = "payload/3f/0123456789abcdef0123453f.json"


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return DirectoryBlobs(tmp_path / "blobs")


def put(blobs: BlobStore, ref: str, data: bytes) -> None:
    with blobs.open_writer(ref) as writer:
        writer.write(data)


def get(blobs: BlobStore, ref: str) -> bytes:
    with blobs.open_reader(ref) as reader:
        return reader.read()


def refs(blobs: BlobStore) -> list[str]:
    return sorted(blobs.refs(older_than=0.0))


def test_what_is_written_in_parts_is_read_as_a_whole(blobs: BlobStore) -> None:
    writer = blobs.open_writer(REF)
    for part in (b"one", b"", b"two"):
        writer.write(part)
    assert not blobs.exists(REF)
    assert writer.commit() == 6
    assert get(blobs, REF) == b"onetwo"
    assert (blobs.exists(REF), blobs.size(REF), refs(blobs)) == (True, 6, [REF])


def test_an_empty_blob_is_a_blob(blobs: BlobStore) -> None:
    put(blobs, REF, b"")
    assert (blobs.exists(REF), blobs.size(REF), get(blobs, REF)) == (True, 0, b"")


def test_an_aborted_blob_leaves_nothing_and_the_older_one_stays(blobs: BlobStore) -> None:
    put(blobs, REF, b"old")
    writer = blobs.open_writer(REF)
    writer.write(b"new")
    writer.abort()
    writer.abort()
    assert get(blobs, REF) == b"old"
    assert blobs.sweep_temporary(older_than=0.0) == 0


def test_an_exception_aborts(blobs: BlobStore) -> None:
    with pytest.raises(KeyError), blobs.open_writer(REF) as writer:
        writer.write(b"half")
        raise KeyError
    assert not blobs.exists(REF)
    assert blobs.sweep_temporary(older_than=0.0) == 0


def test_a_committed_writer_is_finished(blobs: BlobStore) -> None:
    writer = blobs.open_writer(REF)
    writer.commit()
    writer.abort()
    with pytest.raises(ValueError, match="already committed or aborted"):
        writer.write(b"x")
    with pytest.raises(ValueError, match="already committed or aborted"):
        writer.commit()
    assert blobs.exists(REF)


def test_of_two_writers_the_later_commit_is_seen_whole(blobs: BlobStore) -> None:
    first, second = blobs.open_writer(REF), blobs.open_writer(REF)
    first.write(b"1" * 100)
    second.write(b"2" * 50)
    second.commit()
    first.commit()
    assert get(blobs, REF) == b"1" * 100


def test_a_reader_keeps_what_it_opened(blobs: BlobStore) -> None:
    put(blobs, REF, b"old")
    with blobs.open_reader(REF) as reader:
        put(blobs, REF, b"new")
        assert reader.read() == b"old"


def test_what_is_not_there_is_not_found(blobs: BlobStore) -> None:
    for ask in (blobs.size, blobs.open_reader):
        with pytest.raises(NotFound) as refused:
            ask(REF)
        assert refused.value.code is ErrorCode.DATA_GONE
    assert not blobs.exists(REF)
    blobs.delete(REF)


def test_a_deleted_blob_is_gone(blobs: BlobStore) -> None:
    put(blobs, REF, b"x")
    blobs.delete(REF)
    assert not blobs.exists(REF)
    assert refs(blobs) == []


@pytest.mark.parametrize(
    "ref",
    [
        "",
        "x",
        "/etc/passwd",
        "../x/y",
        "payload/../../x",
        "payload/..",
        "payload/.hidden",
        "payload//x",
        "payload/x/",
        "payload/X",
        "payload/a\x00b",
        "payload/a\nb",
        "payload/a b",
        "payload\\x/y",
        "payload/x.tmp",
        "payload/a..b",
        "C:/x",
    ],
)
def test_a_name_that_is_not_safe_is_refused_everywhere(blobs: BlobStore, ref: str) -> None:
    asks = (blobs.open_writer, blobs.open_reader, blobs.size, blobs.exists, blobs.delete, blobs.local_path)
    for ask in asks:
        with pytest.raises(ValueError, match="not a safe name"):
            ask(ref)


def test_the_names_that_jobs_use_are_safe(blobs: BlobStore) -> None:
    job_id = "0123456789abcdef0123456f"
    for ref in (payload_blob(job_id), result_blob(job_id, 12)):
        put(blobs, ref, b"x")
    assert refs(blobs) == [payload_blob(job_id), result_blob(job_id, 12)]


def test_a_worker_writes_where_the_store_reads(blobs: BlobStore) -> None:
    with DurableFile(blobs.local_path(REF)) as file:
        file.write(b"result")
    assert get(blobs, REF) == b"result"


def test_unfinished_blobs_are_swept_by_age_and_never_listed(blobs: BlobStore) -> None:
    put(blobs, REF, b"x")
    writer = blobs.open_writer("payload/00/half.json")
    writer.write(b"half")
    assert refs(blobs) == [REF]
    assert blobs.sweep_temporary(older_than=3600.0) == 0
    assert blobs.sweep_temporary(older_than=0.0) == 1
    assert refs(blobs) == [REF]
    writer.abort()


def test_young_blobs_are_not_listed(blobs: BlobStore) -> None:
    put(blobs, REF, b"x")
    assert list(blobs.refs(older_than=3600.0)) == []
    old = os.stat(blobs.local_path(REF)).st_mtime - 7200
    os.utime(blobs.local_path(REF), (old, old))
    assert list(blobs.refs(older_than=3600.0)) == [REF]


def test_files_and_directories_are_private(blobs: BlobStore) -> None:
    put(blobs, REF, b"x")
    path = blobs.local_path(REF)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_path_that_is_no_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for root in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StoreUnusable, match="Data cannot be written to"):
            DirectoryBlobs(root)


@pytest.mark.parametrize(
    ("number", "kind"),
    [(errno.ENOSPC, StorageFull), (errno.EDQUOT, StorageFull), (errno.EIO, Unavailable)],
)
def test_a_failed_system_call_is_explained(number: int, kind: type[Exception]) -> None:
    refusal = refusal_of(OSError(number, os.strerror(number)), "x.json")
    assert type(refusal) is kind
    assert "x.json" in str(refusal)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits on file sizes")
def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    # A limit on the size of files fails a write half-way, as a full disk does, and needs no file system of its own.
    script = """
        import resource, signal, sys
        from pathlib import Path
        from qiskit_ibmq_provider.service.domain.errors import StorageFull
        from qiskit_ibmq_provider.service.store.blobs import DirectoryBlobs

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        blobs = DirectoryBlobs(Path(sys.argv[1]))
        with blobs.open_writer("payload/00/x.json") as writer:
            writer.write(b"old")
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
        for size in (60_000, 400_000):
            try:
                with blobs.open_writer("payload/00/x.json") as writer:
                    for _ in range(3):
                        writer.write(b"n" * size)
            except StorageFull as err:
                print("full:", err.message)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        print(blobs.open_reader("payload/00/x.json").read().decode(), blobs.sweep_temporary(older_than=0.0))
        with blobs.open_writer("payload/00/y.json") as writer:
            writer.write(b"n" * 400_000)
        print(blobs.size("payload/00/y.json"))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 4, done.stderr
    assert all(line.startswith("full: There is no space left to write x.json.") for line in lines[:2])
    assert lines[2:] == ["old 0", "400000"]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_killed_writer_leaves_only_what_the_sweep_removes(tmp_path: Path) -> None:
    script = """
        import os, signal, sys
        from pathlib import Path
        from qiskit_ibmq_provider.service.store.blobs import DirectoryBlobs

        blobs = DirectoryBlobs(Path(sys.argv[1]))
        writer = blobs.open_writer("payload/00/x.json")
        writer.write(b"n" * 1_000_000)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script), str(tmp_path)], check=False)
    blobs = DirectoryBlobs(tmp_path)
    names = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert len(names) == 1 and names[0].endswith(TEMPORARY_SUFFIX)
    assert not blobs.exists("payload/00/x.json")
    assert blobs.sweep_temporary(older_than=0.0) == 1


def test_discarding_removes_a_blob_and_what_its_writers_left(blobs: BlobStore, tmp_path: Path) -> None:
    for ref in ("result/00/x-1.json", "result/00/x-11.json"):
        put(blobs, ref, b"done")
    writers = [blobs.open_writer(ref) for ref in ("result/00/x-1.json", "result/00/x-11.json")]
    blobs.discard("result/00/x-1.json")
    assert refs(blobs) == ["result/00/x-11.json"]
    assert len([path for path in tmp_path.rglob("*") if path.name.endswith(TEMPORARY_SUFFIX)]) == 1
    for writer in writers:
        writer.abort()
    # What was never there is gone, too.
    blobs.discard("result/00/x-1.json")
    blobs.discard("result/ff/y-1.json")
