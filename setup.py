# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Build and installation of qiskit-ibmq-provider."""

import ast
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).resolve().parent

SERVICE = [
    # Aer 0.14 has no wheel for Python 3.13; "ibmq serve" says there what to do instead.
    'qiskit-aer>=0.14.1,<0.15; python_version < "3.13"',
    "qiskit>=0.45.2",
    "starlette>=0.37",
    "uvicorn>=0.35",
    # What "uvicorn[standard]" brings and the service needs; with the extra, older releases of pip search for minutes.
    "httptools>=0.6.3",
    "websockets>=13.0",
    'uvloop>=0.15.2; sys_platform != "win32"',
    "sqlalchemy>=2.0",
    "alembic>=1.12",
    "filelock>=3.12",
    "platformdirs>=3.0",
    "regex>=2023.0.0",
]

EXTRAS = {
    "service": SERVICE,
    "keyring": ["keyring>=23.0"],
    "ntlm": ["requests-ntlm>=1.1.0"],
    "dev": [
        *SERVICE,
        "build>=1.0",
        "coverage>=7.0",
        "hypothesis>=6.80",
        "import-linter>=2.0",
        "ipython>=7.20",  # with ipywidgets and matplotlib: what the Jupyter tools of terra import
        "ipywidgets>=7.6",
        "keyring>=23.0",
        "matplotlib>=3.4",
        "mypy>=1.8",
        "psutil>=5.9",
        "psycopg[binary]>=3.1",
        "pytest>=7.4",
        "pytest-timeout>=2.1",
        "requests-ntlm>=1.1.0",
        "ruff>=0.6",
        "tox>=4.11",
        "types-python-dateutil",
        "types-requests",
    ],
}


def read_version():
    """Read the version out of version.py without importing the package."""
    source = (HERE / "qiskit_ibmq_provider" / "version.py").read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            if getattr(target, "id", None) == "VERSION":
                return ast.literal_eval(node.value)
    raise RuntimeError("qiskit_ibmq_provider/version.py defines no VERSION")


def read_requirements():
    """Read the client's dependencies, one per line of requirements.txt."""
    lines = (HERE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]


def read_readme():
    """Read the long description; a source tree without README still builds."""
    readme = HERE / "README.md"
    return readme.read_text(encoding="utf-8") if readme.exists() else ""


setup(
    name="qiskit-ibmq-provider",
    version=read_version(),
    description="The IBMQ provider for Qiskit, with a self-hosted service behind it",
    long_description=read_readme(),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    keywords="qiskit quantum ibmq provider service simulator",
    classifiers=[
        "Environment :: Console",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: POSIX :: Linux",
        "Operating System :: MacOS",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.9",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering",
        "Typing :: Typed",
    ],
    # The old import name is a package of its own with one stub module. "qiskit" and
    # "qiskit.providers" belong to terra and must never be shipped from here.
    packages=[
        *find_packages(
            include=["qiskit_ibmq_provider", "qiskit_ibmq_provider.*"],
            exclude=["qiskit_ibmq_provider._qiskit_namespace"],
        ),
        "qiskit.providers.ibmq",
    ],
    package_dir={"qiskit.providers.ibmq": "qiskit_ibmq_provider/_qiskit_namespace"},
    package_data={
        "qiskit_ibmq_provider": ["py.typed"],
        "qiskit_ibmq_provider.service.devices": ["profiles/**"],
        "qiskit_ibmq_provider.service.executor.pulse": ["corrections.json"],
        "qiskit_ibmq_provider.service.store": ["migrations/**"],
    },
    exclude_package_data={"": ["*.pyc", "*.pyo"]},
    include_package_data=False,
    zip_safe=False,
    python_requires=">=3.9,<3.14",
    install_requires=read_requirements(),
    extras_require=EXTRAS,
    entry_points={"console_scripts": ["ibmq = qiskit_ibmq_provider.cli:main"]},
)
