"""What happens in the plant and when: the ordinary minute, then the attacks, and what each should raise.

`DEMO` is the story of the bundled capture; `LIVE` is the short one of the live end-to-end test. Times are seconds
after the start of polling. The clients carry out the steps; `make.py` writes the attacks down as ground truth.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Session:
    """A connection that an actor keeps open for a while; `poll` says whether it reads all the time or only acts."""

    actor: str
    protocol: str
    opens: float
    closes: float
    poll: bool = True


@dataclass(frozen=True)
class Step:
    """One thing that an actor does. `attack` names the attack that the step is part of; None is ordinary work."""

    at: float
    actor: str
    protocol: str
    operation: str
    tag: str
    value: float | bool | str | None = None
    attack: str | None = None


@dataclass(frozen=True)
class Attack:
    """Ground truth of one attack. `tags` are the points attacked, `effects` what is seen to change afterwards."""

    name: str
    actor: str
    device: str
    tags: tuple[str, ...]
    expected: tuple[tuple[str, str], ...]  # tag, rule kind: raised by the attack itself
    consequences: tuple[tuple[str, str], ...] = ()  # tag or rule id, rule kind: raised by what the plant does then
    summary: str = ""


@dataclass(frozen=True)
class Story:
    """Sessions, steps and attacks, and how long all of it lasts."""

    length: float
    sessions: tuple[Session, ...]
    steps: tuple[Step, ...]
    attacks: tuple[Attack, ...] = field(default=())


DEMO = Story(
    length=192.0,
    sessions=(
        Session("hmi1", "modbus", 0.0, 192.0),
        Session("hmi1", "dnp3", 0.0, 192.0),
        Session("hmi1", "opcua", 0.0, 192.0),
        Session("eng1", "opcua", 40.0, 50.0, poll=False),
        Session("rogue", "modbus", 84.0, 86.0, poll=False),
        Session("rogue", "modbus", 88.0, 97.0, poll=False),
        Session("eng1", "opcua", 150.0, 166.0, poll=False),
    ),
    steps=(
        Step(10.0, "hmi1", "modbus", "write_register", "LIT101.SP", 800.0),
        Step(16.0, "hmi1", "opcua", "write", "FAN1.CMD", True),
        Step(22.0, "hmi1", "modbus", "write_coil", "MV101.CMD", False),
        Step(32.0, "hmi1", "modbus", "write_coil", "MV101.CMD", True),
        Step(38.0, "hmi1", "dnp3", "select_operate", "CB12.CMD", "close"),
        Step(44.0, "eng1", "opcua", "write", "AIC202.SP", 7.2),
        Step(50.0, "hmi1", "modbus", "write_registers", "CL2.SP", 0.7),
        Step(54.0, "hmi1", "opcua", "write", "FAN1.CMD", False),
        Step(64.0, "hmi1", "modbus", "write_register", "LIT101.SP", 1150.0, "setpoint-leap"),
        Step(85.0, "rogue", "modbus", "identify", "", None, "rogue-writer"),
        Step(85.3, "rogue", "modbus", "read_registers", "", None, "rogue-writer"),
        Step(88.5, "rogue", "modbus", "write_coil", "MV102.CMD", False, "rogue-writer"),
        Step(91.0, "rogue", "modbus", "write_register", "P101.SPD.SP", 100.0, "rogue-writer"),
        Step(95.0, "rogue", "modbus", "write_registers", "CL2.SP", 8.0, "rogue-writer"),
        Step(112.0, "hmi1", "dnp3", "direct_operate", "CB12.CMD", "open", "breaker-cycling"),
        Step(120.0, "hmi1", "dnp3", "direct_operate", "CB12.CMD", "close", "breaker-cycling"),
        Step(128.0, "hmi1", "dnp3", "direct_operate", "CB12.CMD", "open", "breaker-cycling"),
        Step(136.0, "hmi1", "dnp3", "direct_operate", "CB12.CMD", "close", "breaker-cycling"),
        Step(144.0, "hmi1", "dnp3", "direct_operate", "CB12.CMD", "open", "breaker-cycling"),
        Step(156.0, "eng1", "opcua", "write", "BURNER1.CMD", True, "burner-without-fan"),
        Step(174.0, "hmi1", "modbus", "write_register", "LAH101.LIM", 1300.0, "alarm-limit-raised"),
    ),
    attacks=(
        Attack(
            "setpoint-leap",
            "hmi1",
            "plc1",
            ("LIT101.SP",),
            (("LIT101.SP", "envelope"), ("LIT101.SP", "step")),
            (("LIT101", "envelope"), ("tank-overflow", "envelope"), ("inlet-shut-when-high", "interlock")),
            "The legitimate HMI writes the level setpoint from 800 to 1150 mm; the tank fills until it overflows.",
        ),
        Attack(
            "rogue-writer",
            "rogue",
            "plc1",
            ("MV102.CMD", "P101.SPD.SP", "CL2.SP"),
            (
                ("MV102.CMD", "writers"),
                ("P101.SPD.SP", "writers"),
                ("P101.SPD.SP", "envelope"),
                ("P101.SPD.SP", "step"),
                ("CL2.SP", "writers"),
                ("CL2.SP", "envelope"),
                ("CL2.SP", "step"),
            ),
            (
                ("FIT102", "envelope"),
                ("PIT102", "envelope"),
                ("AIT201", "envelope"),
                ("pump-needs-open-valve", "interlock"),
            ),
            "A host never seen before closes the delivery valve, runs the pump at full speed and overdoses chlorine.",
        ),
        Attack(
            "breaker-cycling",
            "hmi1",
            "rtu4",
            ("CB12.CMD",),
            (("CB12.CMD", "sbo"), ("CB12.CMD", "cycle")),
            (("FDR12.AMPS", "envelope"),),
            "The legitimate master opens and closes breaker CB-12 five times in 32 s, each time without a select.",
        ),
        Attack(
            "burner-without-fan",
            "eng1",
            "srv2",
            ("BURNER1.CMD",),
            (("BURNER1.CMD", "permissive"),),
            (("fire-needs-air", "interlock"), ("CO302", "envelope"), ("TT302", "envelope")),
            "The engineering station lights the burner while its fan is at rest; carbon monoxide rises.",
        ),
        Attack(
            "alarm-limit-raised",
            "hmi1",
            "plc1",
            ("LAH101.LIM",),
            (("LAH101.LIM", "limit-write"), ("LAH101.LIM", "writers")),
            (),
            "The high-level alarm limit is raised from 900 to 1300 mm: the alarm clears while the tank overflows.",
        ),
    ),
)

LIVE = Story(
    length=13.0,
    sessions=(
        Session("hmi1", "modbus", 0.0, 13.0),
        Session("hmi1", "dnp3", 0.0, 13.0),
        Session("hmi1", "opcua", 0.0, 13.0),
        Session("rogue", "modbus", 5.5, 7.5, poll=False),
    ),
    steps=(
        Step(3.0, "hmi1", "modbus", "write_register", "LIT101.SP", 800.0),
        Step(4.5, "hmi1", "modbus", "write_register", "LIT101.SP", 1150.0, "setpoint-leap"),
        Step(6.5, "rogue", "modbus", "write_coil", "MV102.CMD", False, "rogue-writer"),
        Step(8.0, "hmi1", "dnp3", "direct_operate", "CB12.CMD", "close", "direct-operate"),
        Step(9.5, "hmi1", "opcua", "write", "BURNER1.CMD", True, "burner-without-fan"),
    ),
    attacks=(
        Attack(
            "setpoint-leap",
            "hmi1",
            "plc1",
            ("LIT101.SP",),
            (("LIT101.SP", "envelope"), ("LIT101.SP", "step")),
            summary="The legitimate HMI writes the level setpoint from 800 to 1150 mm.",
        ),
        Attack(
            "rogue-writer",
            "rogue",
            "plc1",
            ("MV102.CMD",),
            (("MV102.CMD", "writers"),),
            summary="A host never seen before closes the delivery valve.",
        ),
        Attack(
            "direct-operate",
            "hmi1",
            "rtu4",
            ("CB12.CMD",),
            (("CB12.CMD", "sbo"),),
            summary="The legitimate master closes breaker CB-12 without a select.",
        ),
        Attack(
            "burner-without-fan",
            "hmi1",
            "srv2",
            ("BURNER1.CMD",),
            (("BURNER1.CMD", "permissive"),),
            summary="The HMI lights the burner while its fan is at rest.",
        ),
    ),
)

STORIES = {"demo": DEMO, "live": LIVE}
