"""Many machines, or many processes of one: folders file by file, huge images in blocks.

Any Dask cluster will do. What it needs is imported only once there is one to reach.
"""

from napari_denoise.cluster.image import denoise_on_cluster, denoise_on_cluster_steps

__all__ = ["denoise_on_cluster", "denoise_on_cluster_steps"]
