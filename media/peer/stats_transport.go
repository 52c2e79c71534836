package peer

import (
	"github.com/pion/webrtc/v4"
)

// transportStats describes the selected candidate pair and the transport; the pair is nil before there is one.
func (l *leg) transportStats() (pair, transport map[string]any) {
	dtls := l.pc.SCTP().Transport()
	ice := dtls.ICETransport()
	transport = map[string]any{
		"type": "transport", "dtlsState": dtls.State().String(), "iceState": ice.State().String(),
		"iceRole": ice.Role().String(), "selectedCandidatePairChanges": l.pairChanges.Load(),
	}
	selected, err := ice.GetSelectedCandidatePair()
	if err != nil || selected == nil || selected.Local == nil || selected.Remote == nil {
		return nil, transport
	}
	pair = map[string]any{
		"type": "candidate-pair", "state": "succeeded", "nominated": true,
		"localCandidate": candidateStats(selected.Local), "remoteCandidate": candidateStats(selected.Remote),
		"availableOutgoingBitrate": l.estimator.target(),
	}
	if rate, ok := l.arrivals.rate(); ok {
		pair["availableIncomingBitrate"] = rate
	}
	s, ok := ice.GetSelectedCandidatePairStats()
	if !ok {
		return pair, transport
	}
	pair["currentRoundTripTime"], pair["totalRoundTripTime"] = s.CurrentRoundTripTime, s.TotalRoundTripTime
	pair["responsesReceived"], pair["requestsSent"] = s.ResponsesReceived, s.RequestsSent
	pair["responsesSent"], pair["requestsReceived"] = s.ResponsesSent, s.RequestsReceived
	pair["consentRequestsSent"] = s.ConsentRequestsSent
	for _, to := range []map[string]any{pair, transport} {
		to["bytesSent"], to["bytesReceived"] = s.BytesSent, s.BytesReceived
		to["packetsSent"], to["packetsReceived"] = s.PacketsSent, s.PacketsReceived
	}
	pair["lastPacketSentTimestamp"], pair["lastPacketReceivedTimestamp"] = float64(s.LastPacketSentTimestamp), float64(s.LastPacketReceivedTimestamp)
	return pair, transport
}

func candidateStats(c *webrtc.ICECandidate) map[string]any {
	d := map[string]any{
		"address": c.Address, "port": c.Port, "protocol": c.Protocol.String(), "candidateType": c.Typ.String(),
		"priority": c.Priority, "foundation": c.Foundation,
	}
	if c.RelatedAddress != "" {
		d["relatedAddress"], d["relatedPort"] = c.RelatedAddress, c.RelatedPort
	}
	return d
}
