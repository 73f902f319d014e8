"""How much memory an emulator has used: what /proc says of its process."""
import pathlib

KIB_PER_MIB = 1024


def kib(line):
    return int(line.split()[1])


def peak_memory(status, smaps, guest_mib):
    """From the texts of /proc/PID/status and smaps: the most that was resident, in all and beyond the guest's memory,
    in MiB. The guest's memory is the mapping of its size; up to a MiB more, as some keep a ROM behind it."""
    peak = kib({line.split(":")[0]: line for line in status.splitlines()}["VmHWM"])
    guest = size = 0
    for line in smaps.splitlines():
        if line.startswith("Size:"):
            size = kib(line)
        elif line.startswith("Rss:") and guest_mib <= size / KIB_PER_MIB < guest_mib + 1:
            guest += kib(line)
    return {"peak_mib": peak / KIB_PER_MIB, "beyond_guest_mib": (peak - guest) / KIB_PER_MIB}


def peak_memory_of(pid, guest_mib):
    folder = pathlib.Path(f"/proc/{pid}")
    return peak_memory((folder / "status").read_text(encoding="latin-1"),
                       (folder / "smaps").read_text(encoding="latin-1"), guest_mib)
