"""How is one run told? As one HTML page that needs nothing else: ecmsim report RUN.

from ecmsim import open_run
from ecmsim.page import write_page
write_page(open_run("runs/cu_sio2_pt"), "cu_sio2_pt.html")

May import: config, plot, results, study, switching.
"""

from ecmsim.page.document import page_text, write_page

__all__ = ["page_text", "write_page"]
