package g722

// Tables of ITU-T G.722.

// lowLimits are the decision levels of the lower quantizer (table 14), from the second on.
var lowLimits = [29]int32{
	35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714,
	786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
}

// highLimit is the one of the higher quantizer.
const highLimit = 564

// lowLevels are what the 64 codes of the lower sub-band stand for (table 17, QM6).
var lowLevels = [64]int32{
	-136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
	-7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040, -728,
	24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
	4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
}

// coarseLevels are what their four highest bits stand for (QM4): what the adaptation goes by.
var coarseLevels = [16]int32{
	0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
}

// highLevels are what the codes of the higher sub-band stand for (QM2).
var highLevels = [4]int32{-7408, -1616, 7408, 1616}

// lowSteps and highSteps are how a code moves the step on its logarithmic scale (WL by RL42, WH by RH2).
var (
	lowSteps  = [16]int32{-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60}
	highSteps = [4]int32{798, -214, 798, -214}
)

// inverseLog is the antilogarithm of the step (table 15, ILB).
var inverseLog = [32]int32{
	2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
	2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
}
