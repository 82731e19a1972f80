# Every target needs nothing but Python >= 3.11 and make: .venv is made first.
# Without an NVIDIA GPU, torch is far smaller from its CPU index:
#     make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu

PYTHON ?= python3
TORCH_INDEX ?=

BIN := .venv/bin
READY := .venv/ready
PIP := $(BIN)/pip --disable-pip-version-check install --quiet --constraint constraints.txt

# A virtual display, and the system libraries of Qt and OpenGL. HarfBuzz stands for
# GLib, which it brings and whose own package changes its name between releases.
DISPLAY_PACKAGES := xvfb xauth libgl1 libegl1 libgl1-mesa-dri libxkbcommon-x11-0 \
	libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxcb-image0 \
	libxcb-render-util0 libdbus-1-3 libfontconfig1 libharfbuzz0b
APT := $(if $(filter 0,$(shell id -u)),,sudo) env DEBIAN_FRONTEND=noninteractive apt-get -qq

.PHONY: demo test test-slow napari lint env display clean

demo: env
	$(BIN)/napari-denoise demo --output demo/

# One thread each: two torch processes of several threads would wait for one another.
test: env display
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses 2 --dist loadfile

test-slow: env display
	$(BIN)/pytest -m slow

napari: env
	$(BIN)/python -m napari_denoise._napari.launch

lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/npe2 validate napari-denoise --imports

env: $(READY)

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c "import ensurepip" 2>/dev/null \
		|| { $(APT) update && $(APT) install -y python3-venv; }
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(if $(TORCH_INDEX),$(PIP) --no-deps --index-url $(TORCH_INDEX) torch)
	$(PIP) --editable '.[dev]'
	touch $@

display:
	@! command -v dpkg >/dev/null || dpkg -s $(DISPLAY_PACKAGES) >/dev/null 2>&1 \
		|| { $(APT) update && $(APT) install -y --no-install-recommends \
		$(DISPLAY_PACKAGES) >/dev/null; }

clean:
	rm -rf .venv demo dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
