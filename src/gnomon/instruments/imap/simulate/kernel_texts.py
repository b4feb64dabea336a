r"""The text kernels of the simulated spacecraft that do not change.

Names and numbers of frames are those of the mission. Leap seconds are those of IERS Bulletin C;
the constants of DELTET are NAIF's. Bodies turn about the poles that `motion` uses, and GSE, GSM and
RTN are two-vector frames of SPICE.
"""

LEAP_SECONDS = r"""KPL/LSK

\begindata
DELTET/DELTA_T_A       =   32.184
DELTET/K               =    1.657D-3
DELTET/EB              =    1.671D-2
DELTET/M               = (  6.239996D0   1.99096871D-7 )
DELTET/DELTA_AT        = ( 10,   @1972-JAN-1
                           11,   @1972-JUL-1
                           12,   @1973-JAN-1
                           13,   @1974-JAN-1
                           14,   @1975-JAN-1
                           15,   @1976-JAN-1
                           16,   @1977-JAN-1
                           17,   @1978-JAN-1
                           18,   @1979-JAN-1
                           19,   @1980-JAN-1
                           20,   @1981-JUL-1
                           21,   @1982-JUL-1
                           22,   @1983-JUL-1
                           23,   @1985-JUL-1
                           24,   @1988-JAN-1
                           25,   @1990-JAN-1
                           26,   @1991-JAN-1
                           27,   @1992-JUL-1
                           28,   @1993-JUL-1
                           29,   @1994-JUL-1
                           30,   @1996-JAN-1
                           31,   @1997-JUL-1
                           32,   @1999-JAN-1
                           33,   @2006-JAN-1
                           34,   @2009-JAN-1
                           35,   @2012-JUL-1
                           36,   @2015-JUL-1
                           37,   @2017-JAN-1 )
\begintext
"""

SIZES = r"""KPL/PCK

\begindata
BODY10_POLE_RA    = ( 286.13 0. 0. )
BODY10_POLE_DEC   = (  63.87 0. 0. )
BODY10_PM         = (  84.176 14.18440 0. )
BODY10_RADII      = ( 695700. 695700. 695700. )
BODY399_POLE_RA   = (   0. 0. 0. )
BODY399_POLE_DEC  = (  90. 0. 0. )
BODY399_PM        = ( 190.147 360.9856235 0. )
BODY399_RADII     = ( 6378.1366 6378.1366 6356.7519 )
\begintext
"""

FRAMES = r"""KPL/FK

\begindata
NAIF_BODY_NAME += ( 'IMAP', 'IMAP_SPACECRAFT' )
NAIF_BODY_CODE += ( -43, -43000 )

FRAME_IMAP_SPACECRAFT    = -43000
FRAME_-43000_NAME        = 'IMAP_SPACECRAFT'
FRAME_-43000_CLASS       = 3
FRAME_-43000_CLASS_ID    = -43000
FRAME_-43000_CENTER      = -43
CK_-43000_SCLK           = -43
CK_-43000_SPK            = -43

FRAME_IMAP_MAG_BASE      = -43253
FRAME_-43253_NAME        = 'IMAP_MAG_BASE'
FRAME_-43253_CLASS       = 4
FRAME_-43253_CLASS_ID    = -43253
FRAME_-43253_CENTER      = -43
TKFRAME_-43253_RELATIVE  = 'IMAP_SPACECRAFT'
TKFRAME_-43253_SPEC      = 'MATRIX'
TKFRAME_-43253_MATRIX    = (  0. -1.  0. -1.  0.  0.  0.  0. -1. )
\begintext
"""

SCIENCE_FRAMES = r"""KPL/FK

\begindata
FRAME_IMAP_DPS              = -43901
FRAME_-43901_NAME           = 'IMAP_DPS'
FRAME_-43901_CLASS          = 3
FRAME_-43901_CLASS_ID       = -43901
FRAME_-43901_CENTER         = -43
CK_-43901_SCLK              = -43
CK_-43901_SPK               = -43

FRAME_IMAP_GSE              = -43916
FRAME_-43916_NAME           = 'IMAP_GSE'
FRAME_-43916_CLASS          = 5
FRAME_-43916_CLASS_ID       = -43916
FRAME_-43916_CENTER         = 399
FRAME_-43916_RELATIVE       = 'J2000'
FRAME_-43916_DEF_STYLE      = 'PARAMETERIZED'
FRAME_-43916_FAMILY         = 'TWO-VECTOR'
FRAME_-43916_PRI_AXIS       = 'X'
FRAME_-43916_PRI_VECTOR_DEF = 'OBSERVER_TARGET_POSITION'
FRAME_-43916_PRI_OBSERVER   = 'EARTH'
FRAME_-43916_PRI_TARGET     = 'SUN'
FRAME_-43916_PRI_ABCORR     = 'NONE'
FRAME_-43916_SEC_AXIS       = 'Z'
FRAME_-43916_SEC_VECTOR_DEF = 'CONSTANT'
FRAME_-43916_SEC_FRAME      = 'ECLIPJ2000'
FRAME_-43916_SEC_SPEC       = 'RECTANGULAR'
FRAME_-43916_SEC_VECTOR     = ( 0, 0, 1 )

FRAME_IMAP_GSM              = -43917
FRAME_-43917_NAME           = 'IMAP_GSM'
FRAME_-43917_CLASS          = 5
FRAME_-43917_CLASS_ID       = -43917
FRAME_-43917_CENTER         = 399
FRAME_-43917_RELATIVE       = 'J2000'
FRAME_-43917_DEF_STYLE      = 'PARAMETERIZED'
FRAME_-43917_FAMILY         = 'TWO-VECTOR'
FRAME_-43917_PRI_AXIS       = 'X'
FRAME_-43917_PRI_VECTOR_DEF = 'OBSERVER_TARGET_POSITION'
FRAME_-43917_PRI_OBSERVER   = 'EARTH'
FRAME_-43917_PRI_TARGET     = 'SUN'
FRAME_-43917_PRI_ABCORR     = 'NONE'
FRAME_-43917_SEC_AXIS       = 'Z'
FRAME_-43917_SEC_VECTOR_DEF = 'CONSTANT'
FRAME_-43917_SEC_FRAME      = 'IAU_EARTH'
FRAME_-43917_SEC_SPEC       = 'LATITUDINAL'
FRAME_-43917_SEC_UNITS      = 'DEGREES'
FRAME_-43917_SEC_LONGITUDE  = -72.68
FRAME_-43917_SEC_LATITUDE   =  80.65

FRAME_IMAP_RTN              = -43920
FRAME_-43920_NAME           = 'IMAP_RTN'
FRAME_-43920_CLASS          = 5
FRAME_-43920_CLASS_ID       = -43920
FRAME_-43920_CENTER         = 10
FRAME_-43920_RELATIVE       = 'J2000'
FRAME_-43920_DEF_STYLE      = 'PARAMETERIZED'
FRAME_-43920_FAMILY         = 'TWO-VECTOR'
FRAME_-43920_PRI_AXIS       = 'X'
FRAME_-43920_PRI_VECTOR_DEF = 'OBSERVER_TARGET_POSITION'
FRAME_-43920_PRI_OBSERVER   = 'SUN'
FRAME_-43920_PRI_TARGET     = 'IMAP'
FRAME_-43920_PRI_ABCORR     = 'NONE'
FRAME_-43920_SEC_AXIS       = 'Z'
FRAME_-43920_SEC_VECTOR_DEF = 'CONSTANT'
FRAME_-43920_SEC_FRAME      = 'IAU_SUN'
FRAME_-43920_SEC_SPEC       = 'RECTANGULAR'
FRAME_-43920_SEC_VECTOR     = ( 0, 0, 1 )
\begintext
"""
