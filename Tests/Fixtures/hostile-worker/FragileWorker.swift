import DetectionWorker
import FleetModel
import WorkerWire

/// A worker that works like the shipping one but for one fault, which its argument names: what a release, or a change of
/// the worker, may bring about. For checks that must find each of them.
struct FragileWorker {
    enum Fault: String {
        /// Dies of a text with a byte that is no UTF-8.
        case diesOfInvalidText = "dies-of-invalid-text"
        /// Never comes back from a text of full length.
        case hangsOnHugeText = "hangs-on-huge-text"
        /// Dies of the 300th event of 1970-01-01T00:00:00Z that it gets, and of none alone.
        case diesOfThe300th = "dies-of-the-300th"
        /// Dies of an event from before 1970.
        case diesBefore1970 = "dies-before-1970"
        /// Matches nothing from 2038-01-19T03:14:08Z on.
        case blindAfter2038 = "blind-after-2038"
        /// Neither evaluates nor counts every seventh event.
        case losesEvents = "loses-events"
        /// Sends every match twice.
        case matchesTwice = "matches-twice"
        /// Counts events that it refused as evaluated.
        case takesEverything = "takes-everything"
        /// Counts every ninth event as refused.
        case refusesSome = "refuses-some"
        /// Says that it has loaded a program, and keeps the first one.
        case keepsTheFirst = "keeps-the-first"
        /// Takes bytes that are no program.
        case loadsAnything = "loads-anything"
        /// Dies when it is told to end.
        case diesAtTheEnd = "dies-at-the-end"
        /// Says that it has loaded one rule more than it has.
        case countsWrong = "counts-wrong"
        /// Answers matches of an event that nobody sent.
        case invents = "invents"
    }

    private let fault: Fault
    private var evaluator = EventEvaluator(obeysChaos: false)
    private var eventCount = 0
    private var loadCount = 0
    private var momentCounts = 0
    private var tampered: (evaluated: UInt64, refused: UInt64) = (0, 0)

    init(_ fault: Fault) { self.fault = fault }

    /// Answers frames until the channel ends. The seal is on.
    mutating func serve(_ channel: inout WorkerChannel) -> WorkerExit {
        var decoder = AgentFrameDecoder()
        while case .bytes(let bytes) = channel.read() {
            guard (try? decoder.append(bytes)) != nil else { return .wireBroken }
            while let frame = try? decoder.next() {
                guard answer(frame, &channel) else { return .finished }
            }
        }
        return .finished
    }

    private mutating func answer(_ frame: AgentFrame, _ channel: inout WorkerChannel) -> Bool {
        switch frame {
        case .load(let generation, let program): return channel.reply(load(generation, program))
        case .event(let sequence, let encoded): take(sequence, encoded, &channel)
        case .judge(let nonce, let encoded): return channel.reply(evaluator.judge(nonce: nonce, encoded: encoded))
        case .canary(let nonce, let encoded): return channel.reply(evaluator.canary(nonce: nonce, encoded: encoded))
        case .ping(let nonce):
            guard case .pong(var pong) = evaluator.pong(nonce: nonce) else { return false }
            pong.eventsEvaluated = pong.eventsEvaluated &+ tampered.evaluated
            pong.eventsRefused = pong.eventsRefused &+ tampered.refused
            return channel.reply(.pong(pong))
        case .shutdown:
            precondition(fault != .diesAtTheEnd, "told to end")
            _ = channel.flush()
            return false
        }
        return true
    }

    private mutating func load(_ generation: UInt32, _ program: [UInt8]) -> WorkerFrame {
        loadCount += 1
        let loaded = WorkerFrame.Loaded(generation: generation, ruleCount: 1, costBound: 1)
        if fault == .keepsTheFirst, loadCount > 1 { return .loaded(loaded) }
        let answer = evaluator.load(generation: generation, program: program)
        switch (fault, answer) {
        case (.loadsAnything, .refused): return .loaded(loaded)
        case (.countsWrong, .loaded(var loaded)):
            loaded.ruleCount += 1
            return .loaded(loaded)
        default: return answer
        }
    }

    private mutating func take(_ sequence: UInt64, _ encoded: [UInt8], _ channel: inout WorkerChannel) {
        eventCount += 1
        let at = encoded.count < 9 ? 0 : (1...8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(encoded[$1]) }
        let milliseconds = Int64(bitPattern: at)
        if milliseconds == 0 { momentCounts += 1 }
        switch fault {
        case .diesOfInvalidText: precondition(!encoded.contains([0xFF, 0xFE, 0x80]), "no UTF-8")
        case .hangsOnHugeText where encoded.count > EventCoding.textBytesMax:
            var turns: UInt64 = 0
            while true { turns &+= 1 }
        case .diesOfThe300th: precondition(momentCounts < 300, "the 300th of one moment")
        case .diesBefore1970: precondition(milliseconds >= 0, "before 1970")
        case .losesEvents where eventCount.isMultiple(of: 7): return
        case .refusesSome where eventCount.isMultiple(of: 9):
            tampered.refused += 1
            return
        default: break
        }
        let before = evaluator.pong(nonce: 0)
        evaluator.evaluate(sequence: sequence, encoded: encoded) { match in
            guard fault != .blindAfter2038 || milliseconds < 2_147_483_648_000 else { return }
            _ = channel.reply(.match(match))
            if fault == .matchesTwice { _ = channel.reply(.match(match)) }
            if fault == .invents {
                var other = match
                other.sequence = .max
                _ = channel.reply(.match(other))
            }
        }
        if fault == .takesEverything, case .pong(let old) = before, case .pong(let new) = evaluator.pong(nonce: 0),
            new.eventsRefused > old.eventsRefused
        {
            tampered.evaluated &+= 1
            tampered.refused &-= 1
        }
    }
}
