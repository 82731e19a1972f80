"""The *Batch* panel: a folder of images denoised into another one."""
