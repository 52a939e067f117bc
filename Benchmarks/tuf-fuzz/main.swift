import FuzzSupport

try FuzzProgram.run(TufFuzz.self, name: "tuf-fuzz")
