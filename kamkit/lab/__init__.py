"""The workshop's server: JupyterLab for trainers, Voila pages for trainees, kernels kept warm."""
