import FuzzSupport

try FuzzProgram.run(LogFuzz.self, name: "log-fuzz")
