"""Checks that each room includes only what it may, and names file and line of each breach.

The linker keeps the layers between libraries; this keeps what it cannot see: headers, and third parties.
"""
import re

# room: (rooms or single headers of ours, third parties in any file, third parties in .cpp files alone)
RULES = {
    "harness/smtp": (["harness/smtp"], [], []),
    "harness/record": (["harness/record", "harness/smtp"], ["fmt"], ["nlohmann"]),
    "harness/sasl": (["harness/sasl"], [], ["gsasl"]),
    "harness/wire": (["harness/wire"], ["asio", "fmt"], ["openssl"]),
    "harness/ledger": (["harness/ledger"], [], []),
    "harness/scenario": (["harness/scenario", "harness/ledger", "harness/smtp"], ["fmt", "nlohmann"], ["toml++", "re2"]),
    "harness/judge": (["harness/judge", "harness/smtp", "harness/record", "harness/sasl", "harness/scenario"],
                      ["fmt"], ["re2"]),
    "harness/reference": (["harness/reference", "harness/smtp", "harness/sasl", "harness/wire"], ["asio", "fmt"], ["re2"]),
    "harness/delivery": (["harness/delivery", "harness/smtp", "harness/record", "harness/wire", "harness/reference"],
                         ["asio", "fmt"], ["openssl", "re2"]),
    "harness/engine": (["harness/engine", "harness/smtp", "harness/record", "harness/judge", "harness/wire",
                        "harness/ledger", "harness/scenario", "harness/delivery"], ["asio", "fmt"], ["re2"]),
    "harness/memory": (["harness/memory", "harness/delivery/accepted.hpp", "harness/engine", "harness/judge", "harness/record", "harness/reference",
                        "harness/scenario", "harness/wire/tls.hpp", "harness/wire/tls_layer.hpp"], ["fmt"], []),
    "harness/proxy": (["harness/proxy", "harness/judge", "harness/record", "harness/scenario", "harness/smtp",
                       "harness/wire"], ["asio", "fmt"], []),
    "harness/hostile": (["harness/hostile", "harness/smtp", "harness/wire", "harness/reference"],
                        ["asio", "fmt"], ["CLI"]),
    "reports": (["reports", "harness/engine/difference.hpp", "harness/engine/excerpt.hpp", "harness/engine/result.hpp", "harness/engine/findings.hpp",
                 "harness/judge/referee_report.hpp", "harness/ledger/requirement.hpp", "harness/scenario/outcome.hpp",
                 "harness/record", "harness/smtp"],
                ["fmt", "nlohmann"], ["openssl", "pugixml"]),
    "fuzz/session": (["fuzz/session", "harness/ledger", "harness/scenario", "harness/smtp/char_class.hpp"], [], []),
    "fuzz/mutators": (["fuzz/mutators", "fuzz/require.hpp", "harness/smtp/char_class.hpp"], [], []),
    "fuzz/oracles": (["fuzz/oracles", "harness/judge", "harness/record", "harness/scenario/model.hpp", "harness/scenario/outcome.hpp", "harness/smtp"],
                     ["fmt"], ["re2"]),
    "fuzz/linked": (["fuzz", "harness/engine/excerpt.hpp", "harness/memory", "harness/record", "harness/scenario", "harness/smtp"], ["fmt"], []),
    "fuzz/example": ([], ["smtpspec"], []),  # what is installed, and nothing else
    "fuzz/seeds": (["fuzz/seeds", "fuzz/session", "harness/judge", "harness/memory/memory_run.hpp", "harness/record",
                    "harness/scenario"], ["fmt"], []),
    "fuzz/campaign": (["fuzz", "harness/delivery", "harness/engine", "harness/judge", "harness/record", "harness/reference/session.hpp", "harness/smtp/command.hpp",
                       "harness/scenario", "harness/smtp/visible.hpp", "harness/wire"], ["asio", "fmt"], []),
    "harness/cli": (["harness", "reports", "fuzz/campaign", "fuzz/oracles/incidents.hpp", "fuzz/session"], ["asio", "fmt", "openssl", "CLI", "nlohmann"], []),
    "fuzz": (["fuzz", "harness/smtp", "harness/ledger", "harness/scenario", "harness/sasl", "harness/record", "harness/judge",
              "harness/reference", "harness/delivery", "reports/report.hpp"], ["fmt"], []),
}
# What one file may include on top of its room's rule, and why.
EXCEPTIONS = {
    "fuzz/mutators/session_mutator_test.cpp": ["fuzz/session/session_input.hpp"],
    "fuzz/targets/session.cpp": ["harness/memory/memory_run.hpp"],
    "reports/html_test.cpp": ["harness/judge/transcript_test.hpp"],  # conversations written by hand
    "harness/scenario/target.cpp": ["arpa/inet.h"],
    "harness/smtp/address_literal.cpp": ["arpa/inet.h"],  # inet_pton reads an address; it opens nothing
    "fuzz/targets/mailbox_reader.cpp": ["unistd.h"],  # what reads files is given files, in a folder of the process's own
    "fuzz/linked/fuzz_session.hpp": ["fuzz_session.h"],  # installed beside it
    "fuzz/linked/linked_server_test.hpp": ["harness/reference"],  # its tests play the real thing
    "harness/engine/reference_test.hpp": ["harness/reference", "harness/memory/reference_target.hpp"],  # its tests play against the real thing
}
# How an angled include names a third party; whatever matches none of these is the standard library or the system's.
THIRD_PARTIES = {
    "asio": r"asio[./]", "openssl": r"openssl/", "gsasl": r"gsasl", "toml++": r"toml\+\+/", "fmt": r"fmt/",
    "CLI": r"CLI/", "re2": r"re2/", "nlohmann": r"nlohmann/", "pugixml": r"pugi", "catch2": r"catch2/", "smtpspec": r"smtpspec/",
}
SYSTEM = re.compile(r"[a-z_]+|(sys|netinet|arpa|net|linux)/[a-z_]+\.h|[a-z_]+\.h")
# The system's headers, sockets and files, are for the rooms that do input and output.
SANS_IO = ["harness/smtp", "harness/ledger", "harness/scenario", "fuzz", "fuzz/session", "fuzz/mutators"]
INCLUDE = re.compile(r'\s*#\s*include\s*(["<])([^">]+)[">]')


def room_of(path):
    return next((room for room in RULES if path.startswith(room + "/")), None)


def fault(path, quote, header):
    """What is wrong with this include, or None."""
    room = room_of(path)
    ours, anywhere, in_sources = RULES[room]
    ours, anywhere, in_sources = list(ours), list(anywhere), list(in_sources)
    more = EXCEPTIONS.get(path, [])
    a_test = re.search(r"_test\.[ch]pp$", path)
    if a_test:
        anywhere.append("catch2")
    if quote == '"':
        if any(header == allowed or header.startswith(allowed + "/") for allowed in ours + more):
            return None
        return f"{room} must not include {header}"
    party = next((name for name, pattern in THIRD_PARTIES.items() if re.match(pattern, header)), None)
    if party is None:
        if not SYSTEM.fullmatch(header):
            return f"{header} is of no known third party"
        if "." in header and room in SANS_IO and not a_test and header not in more:
            return f"{room} does no input or output, so it has no use for {header}"
        return None
    if party in anywhere + more or (party in in_sources and path.endswith(".cpp")):
        return None
    if party in in_sources:
        return f"{room} may use {party} in its .cpp files alone"
    return f"{room} must not use {party}"


def check(tree, log):
    """Looks at every source file below `tree`; 0 where nothing is wrong, else 1."""
    files = faults = 0
    for file in sorted(file for top in ("harness", "reports", "fuzz") for file in (tree / top).rglob("*.[ch]pp")):
        path = file.relative_to(tree).as_posix()
        files += 1
        if room_of(path) is None:
            print(f"{path}:1: in no room; name the room in ci/smtpspec_ci/layers.py", file=log)
            faults += 1
            continue
        for number, line in enumerate(file.read_text().splitlines(), 1):
            include = INCLUDE.match(line)
            problem = include and fault(path, *include.groups())
            if problem:
                print(f"{path}:{number}: {problem}", file=log)
                faults += 1
    print(f"layers: {files} files, {faults} breaches", file=log)
    return 1 if faults or files == 0 else 0
