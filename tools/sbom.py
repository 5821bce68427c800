"""Print the bill of materials of what bin/run installs, as CycloneDX JSON: bin/sbom."""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parent.parent
PIN = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[^ ;]+)(?: ; (?P<marker>.+))?")
NAME = re.compile(r"^[\w.-]+")


def main() -> int:
    print(JsonV1Dot6(bill()).output_as_string(indent=2))
    return 0


def bill() -> Bom:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    name, version = project["name"], project["version"]
    product = Component(name=name, version=version, type=ComponentType.APPLICATION, bom_ref=f"{name}@{version}")
    packages = list(locked((ROOT / "requirements.txt").read_text()))  # a name may have a version for each system
    named = {_name(line) for line in project["dependencies"]}
    bom = Bom(components=packages)
    bom.metadata.component = product
    bom.register_dependency(product, [package for package in packages if package.name in named])
    return bom


def locked(requirements: str) -> Iterator[Component]:
    """Return what bin/lock has written: one component for each pin, with the hashes of all its files."""
    for line in requirements.replace("\\\n", "").splitlines():
        pin, *digests = re.split(r" +--hash=sha256:", line)
        found = PIN.fullmatch(pin)
        if not found or not digests:
            raise ValueError(f"requirements.txt has a line that is not a pin with its hashes: {line}")
        yield _component(found, digests)


def _component(pin: re.Match[str], digests: list[str]) -> Component:
    package = PackageURL("pypi", name=pin["name"], version=pin["version"])
    files = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=XsUri(package.to_string()),  # no registry's address: which one serves the files is the installer's choice
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in digests],
    )
    return Component(
        name=pin["name"],
        version=pin["version"],
        bom_ref=package.to_string(),
        purl=package,
        scope=ComponentScope.OPTIONAL if pin["marker"] else ComponentScope.REQUIRED,  # not on every system
        external_references=[files],
    )


def _name(requirement: str) -> str:
    found = NAME.match(requirement)
    if not found:
        raise ValueError(f"not a requirement: {requirement}")
    return found[0].lower()


if __name__ == "__main__":
    sys.exit(main())
