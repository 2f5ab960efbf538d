"""Whether a file is in a folder on a network, where what SQLite relies on does not hold.

Its write-ahead log needs memory that all processes of one machine share, and a second machine does not see it; and
locks there are often promises only. Two servers on one file would corrupt it without an error.
"""

import re
from pathlib import Path
from typing import Final

# As Linux names them. Those of clusters too, in which several machines have one folder.
_OF_NETWORKS: Final = {
    *("nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "afs", "coda", "ncpfs", "davfs"),
    *("beegfs", "ceph", "glusterfs", "gpfs", "lustre", "orangefs"),
    *("fuse.ceph", "fuse.davfs2", "fuse.gcsfuse", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"),
}
_MOUNTS: Final = Path("/proc/self/mountinfo")
_ESCAPED: Final = re.compile(r"\\([0-7]{3})")


def network_file_system(file: Path) -> str:
    """What kind of network folder the file is in, such as "nfs4"; "" on a disk of this machine.

    Also "" where the system does not say: on macOS.
    """
    real = file.resolve()
    if real.drive.startswith("\\\\") and not real.drive.startswith(("\\\\?", "\\\\.")):
        return "a Windows share"
    try:
        mounts = _MOUNTS.read_text("utf-8", errors="replace")
    except OSError:
        return ""
    kind = kind_of_folder(real, mounts)
    return kind if kind in _OF_NETWORKS else ""


def kind_of_folder(file: Path, mounts: str) -> str:
    """The kind of file system that the file is on. `mounts`: the list that Linux gives of what is mounted where."""
    nearest, kind = -1, ""
    below = f"{file.as_posix().rstrip('/')}/"
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        words = before.split(" ")
        if len(words) > 4 and after:
            point = f"{_ESCAPED.sub(lambda found: chr(int(found[1], 8)), words[4]).rstrip('/')}/"
            # What is mounted later on the same folder hides what was mounted before.
            if len(point) >= nearest and below.startswith(point):
                nearest, kind = len(point), after.split(" ", 1)[0]
    return kind
