import ControlClient
import ControlWire
import FleetModel
import Foundation
import Subprocess
import SystemPackage

/// Starts both servers in a folder of its own, drives them in turn, and ends them.
struct CheckInBenchmark {
    let options: BenchmarkOptions
    let folder: URL
    /// The folder of the release build, where this program itself is.
    let commands: URL

    static let nginxPort = 18_444

    init(options: BenchmarkOptions) throws {
        self.options = options
        guard let executable = Bundle.main.executableURL else {
            throw BenchmarkError(description: "cannot tell where the commands are")
        }
        commands = executable.deletingLastPathComponent()
        folder = FileManager.default.temporaryDirectory.appending(path: "firebreak-bench-\(getpid())")
        try FileManager.default.createDirectory(at: folder.appending(path: "www"), withIntermediateDirectories: true)
    }

    private enum Ended: Sendable {
        case control
        case report([Run], [Run], Int, Int)
    }

    func run() async throws -> BenchmarkReport {
        defer { try? FileManager.default.removeItem(at: folder) }
        let data = folder.appending(path: "control").path
        let trust = folder.appending(path: "trust.pub").path
        _ = try await tool("firebreak", ["keys", "make", "--out", folder.appending(path: "trust").path])
        return try await withThrowingTaskGroup(of: Ended.self) { group in
            group.addTask {
                _ = try await Subprocess.run(
                    .path(FilePath(commands.appending(path: "firebreak-control").path)),
                    arguments: ["--listen", "127.0.0.1:0", "--data", data, "--trust", trust], input: .none,
                    output: .discarded)
                return .control
            }
            group.addTask { try await measure(data: data) }
            defer { group.cancelAll() }
            guard case .report(let beats, let nginx, let request, let reply)? = try await group.next() else {
                throw BenchmarkError(description: "the control plane ended before it was measured")
            }
            return BenchmarkReport(
                heartbeats: beats, nginx: nginx, requestBytes: request, replyBytes: reply, options: options)
        }
    }

    private func measure(data: String) async throws -> Ended {
        let (address, management) = try await openControl(data: data)
        let beats = try await prepareHeartbeats(address: address, data: data, management: management)
        try writeScript(beats.endpoints)
        try writeNginxConfiguration(data: data, replyBytes: beats.replyBytes)
        _ = try await tool("/usr/sbin/nginx", ["-p", folder.path, "-c", "nginx.conf"])
        defer {
            if let text = try? String(contentsOf: folder.appending(path: "nginx.pid"), encoding: .utf8),
                let pid = Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
            {
                kill(pid, SIGTERM)
            }
        }
        let script = ["-s", folder.appending(path: "heartbeat.lua").path]
        _ = try await wrk("\(address)\(Routes.opamp)", script, seconds: 2)  // warms both up; not counted
        let minted = beats.minted
        _ = try await wrk("https://127.0.0.1:\(Self.nginxPort)/body", [], seconds: 1)
        var control: [Run] = []
        var nginx: [Run] = []
        for _ in 0..<options.rounds {
            // wrk counts from the start again in each run: tell everything anew, as an agent does that was restarted.
            for endpoint in minted { _ = try await describe(endpoint, address: address, data: data) }
            control.append(try await wrk("\(address)\(Routes.opamp)", script, seconds: options.seconds))
            nginx.append(try await wrk("https://127.0.0.1:\(Self.nginxPort)/body", [], seconds: options.seconds))
        }
        await management.close()
        return .report(control, nginx, beats.requestBytes, beats.replyBytes)
    }

    private func openControl(data: String) async throws -> (ControlAddress, ManagementClient) {
        let deadline = ContinuousClock.now + .seconds(20)
        var last = "it wrote no address"
        while ContinuousClock.now < deadline {
            do {
                let text = try String(contentsOfFile: "\(data)/address", encoding: .utf8)
                let address = try ControlAddress("https://\(text.trimmingCharacters(in: .whitespacesAndNewlines))")
                let client = try ManagementClient(
                    control: address.description, certificateAuthorityFile: "\(data)/ca.pem",
                    operatorTokenFile: "\(data)/operator.token")
                _ = try await client.status()
                return (address, client)
            } catch {
                last = "\(error)"
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        throw BenchmarkError(description: "the control plane does not answer: \(last)")
    }

    private struct Heartbeats {
        var endpoints: [(prefix: [UInt8], credential: String)]
        var minted: [MintedCredential]
        var requestBytes: Int
        var replyBytes: Int
    }

    /// Mints endpoints, lets each describe itself, and takes the size of the reply to a heartbeat that says nothing new.
    private func prepareHeartbeats(address: ControlAddress, data: String, management: ManagementClient) async throws
        -> Heartbeats
    {
        var endpoints: [(prefix: [UInt8], credential: String)] = []
        var minted: [MintedCredential] = []
        var sizes = (request: 0, reply: 0)
        for number in 0..<options.endpoints {
            let endpoint = try await management.addEndpoint(name: "bench-\(number)")
            sizes = try await describe(endpoint, address: address, data: data)
            minted.append(endpoint)
            // Field 1, 16 bytes: the instance; wrk appends field 2, the sequence number, and field 4, the capabilities.
            endpoints.append(([0x0A, 0x10] + endpoint.endpoint.instanceUID, endpoint.credential))
        }
        return Heartbeats(
            endpoints: endpoints, minted: minted, requestBytes: sizes.request, replyBytes: sizes.reply)
    }

    /// Lets an endpoint tell everything once, and then a heartbeat that says nothing new. The bytes of the latter.
    private func describe(_ minted: MintedCredential, address: ControlAddress, data: String) async throws
        -> (request: Int, reply: Int)
    {
        let agent = try OpAMPClient(address: address, caFile: "\(data)/ca.pem")
        let cohort = CohortAttributes(
            os: "linux", osVersion: "debian-12", kernel: "6.1", agentVersion: "1.0.0", model: "bench")
        let first = AgentCheckIn(
            endpoint: minted.endpoint, sequence: 1,
            description: EndpointDescription(hostName: "bench", cohort: cohort), report: CheckInReport())
        _ = try await agent.checkIn(first, authorization: .credential(minted.credential))
        let beat = AgentCheckIn(endpoint: minted.endpoint, sequence: 2)
        let reply = try await agent.checkIn(beat, authorization: .credential(minted.credential))
        await agent.close()
        return (try beat.encoded().count, try reply.encoded().count)
    }

    /// The script that makes each request: the endpoint's bytes and a sequence number that ascends, as OpAMP asks.
    private func writeScript(_ endpoints: [(prefix: [UInt8], credential: String)]) throws {
        let rows = endpoints.map { endpoint in
            let bytes = endpoint.prefix.map { "\\\($0 < 10 ? "00" : $0 < 100 ? "0" : "")\($0)" }.joined()
            return "  {\"\(bytes)\", \"\(endpoint.credential)\", 2},"
        }
        let capabilities = Self.varint(AgentCapabilities.firebreakAgent.rawValue).map { "\\\($0)" }.joined()
        let script = """
            local all = {
            \(rows.joined(separator: "\n"))
            }
            local threads = 0
            function setup(thread) thread:set("part", threads); threads = threads + 1 end
            local mine, turn = {}, 0
            function init(args)
              for i = part + 1, #all, \(Self.wrkThreads) do
                mine[#mine + 1] = all[i]
                all[i][4] = {["Content-Type"] = "\(Routes.MediaType.protobuf)", ["Authorization"] = "Bearer " .. all[i][2]}
              end
            end
            local function varint(n)
              local bytes = {}
              repeat
                local low = n % 128
                n = (n - low) / 128
                if n > 0 then low = low + 128 end
                bytes[#bytes + 1] = string.char(low)
              until n == 0
              return table.concat(bytes)
            end
            function request()
              turn = turn % #mine + 1
              local e = mine[turn]
              e[3] = e[3] + 1
              return wrk.format("POST", "\(Routes.opamp)", e[4], e[1] .. "\\016" .. varint(e[3]) .. "\\032\(capabilities)")
            end
            """
        try script.write(to: folder.appending(path: "heartbeat.lua"), atomically: true, encoding: .utf8)
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        repeat {
            bytes.append(UInt8(rest & 127) | (rest > 127 ? 128 : 0))
            rest >>= 7
        } while rest > 0
        return bytes
    }

    private func writeNginxConfiguration(data: String, replyBytes: Int) throws {
        try String(repeating: "x", count: replyBytes)
            .write(to: folder.appending(path: "www/body"), atomically: true, encoding: .utf8)
        let text = """
            pid nginx.pid; error_log stderr crit; worker_processes 2; daemon on;
            events { worker_connections 1024; }
            http {
              access_log off; keepalive_requests 1000000000; client_body_temp_path body; proxy_temp_path proxy;
              fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
              server {
                listen 127.0.0.1:\(Self.nginxPort) ssl;
                ssl_certificate \(data)/server.pem; ssl_certificate_key \(data)/server.key;
                root www; open_file_cache max=16;
              }
            }
            """
        try text.write(to: folder.appending(path: "nginx.conf"), atomically: true, encoding: .utf8)
    }

    static let wrkThreads = 1

    private func wrk(_ url: String, _ arguments: [String], seconds: Int) async throws -> Run {
        let text = try await tool(
            "wrk",
            ["-t\(Self.wrkThreads)", "-c\(options.connections)", "-d\(seconds)s", "--latency"] + arguments + [url])
        return try Run(wrk: text)
    }

    /// Runs a program to its end and gives what it printed.
    private func tool(_ name: String, _ arguments: [String]) async throws -> String {
        let executable: Executable =
            name.hasPrefix("/")
            ? .path(FilePath(name))
            : name.hasPrefix("firebreak") ? .path(FilePath(commands.appending(path: name).path)) : .name(name)
        let result = try await Subprocess.run(
            executable, arguments: Arguments(arguments), input: .none, output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 16))
        guard result.terminationStatus.isSuccess else {
            throw BenchmarkError(description: "\(name) failed: \(result.standardError)")
        }
        return result.standardOutput
    }
}
