"""End the program with a code: 0 all is well · 1 a picture is missing · 2 wrong usage · 3 the key was refused · 4
Darkroom cannot be reached or broke · 5 a limit is reached · 130 interrupted."""


class CommandFailed(Exception):
    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence
