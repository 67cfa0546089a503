"""What `ecmsim plot` draws of: the folder of a run or of a study, and a word on what fits where it is the other."""

from ecmsim.errors import ConfigError, ResultsError
from ecmsim.plot import FILMS, PICTURES, STUDY_PICTURES
from ecmsim.plot.study import SUMMARY, open_study
from ecmsim.results import open_run
from ecmsim.results.folder import is_run_folder


def opened(what, folders):
    """The Run, or for STUDY_PICTURES the StudyTable, that a picture named `what` is to show; folders: one Path."""
    if len(folders) > 1:
        raise ConfigError(
            f"plot draws one folder at a time, and {len(folders)} are given: draw {folders[0]} and {folders[1]} by "
            "commands of their own, or compare the cases of a study with ecmsim plot study"
        )
    (folder,) = folders
    kinds = [*PICTURES, "all", *FILMS]
    if what in STUDY_PICTURES and is_run_folder(folder):
        raise ResultsError(
            f"{folder} is the folder of a run, not of a study: of a run there are {', '.join(kinds)} (ecmsim plot all)"
        )
    if what in kinds and not is_run_folder(folder) and (folder / SUMMARY).is_file():
        raise ResultsError(
            f"{folder} is the folder of a study, not of a run: of a study there are {', '.join(STUDY_PICTURES)} "
            f"(ecmsim plot study {folder}), and {what} of each run in it"
        )
    return open_study(folder) if what in STUDY_PICTURES else open_run(folder)
