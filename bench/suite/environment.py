"""What was measured on: machine, versions, and whether the emulators show the guest the same processor."""
import os
import pathlib
import platform
import time


def host_processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def environment(work, emulators, guest, features):
    """`work` says in words how much was run."""
    return {"work": work, "date": time.strftime("%Y-%m-%d", time.gmtime()), "processor": host_processor(),
            "processors": os.cpu_count(), "load": os.getloadavg()[1],
            "system": f"{platform.system()} {platform.release()}",
            "guest_kernel": pathlib.Path(guest.kernel).with_name("version").read_text(encoding="ascii").strip(),
            "guest_memory_mib": guest.memory_mib, "versions": {e.name: e.version() for e in emulators},
            "cpuid": features}


def in_words(facts):
    """The environment as lines of text."""
    versions = ", ".join(dict.fromkeys(facts["versions"].values()))
    machine = f"{facts['processors']} x {facts['processor']}, {facts['system']}"
    return [f"{facts['date']}; {versions}; guest Linux {facts['guest_kernel']} with {facts['guest_memory_mib']} MiB",
            f"host {machine}, load {facts['load']:.1f}; {facts['work']}"]


def different_features(features):
    """A sentence on what CPUID's leaf 1 says otherwise in QEMU than in Ringdown, which may explain what differs in a
    row; None if nothing is different."""
    ours = features.get("trap") or features.get("bare")
    theirs = features.get("qemu")
    if not ours or not theirs or ours == theirs:
        return None
    names = ("signature", "ECX", "EDX")
    different = ", ".join(f"{name} {a} and {b}" for name, a, b in zip(names, ours, theirs) if a != b)
    return f"CPUID's leaf 1 in Ringdown and QEMU: {different}"
