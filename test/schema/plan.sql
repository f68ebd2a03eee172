-- The plan's DDL to the letter, in an order that runs: downloads, files and media_metrics refer to media_metadata.
-- First the enums, which the plan takes for granted.
CREATE SCHEMA atp;

CREATE TYPE atp.media_type AS ENUM ('movie', 'tv_show', 'tv_season', 'unknown');
CREATE TYPE atp.pipeline_status AS ENUM (
    'ingested', 'paused', 'parsed', 'rejected', 'file_accepted', 'metadata_collected', 'media_accepted',
    'downloading', 'downloaded', 'transferred', 'complete'
);
CREATE TYPE atp.rejection_status AS ENUM ('unfiltered', 'accepted', 'rejected', 'override');
CREATE TYPE atp.rss_source AS ENUM ('yts.mx', 'episodefeed.com');
CREATE TYPE atp.label_type AS ENUM ('would_watch', 'would_not_watch');

CREATE TABLE atp.media_metadata (
    -- Primary key - using IMDB ID as natural key
    imdb_id VARCHAR(10) PRIMARY KEY CHECK (imdb_id ~ '^tt[0-9]{7,8}$'),

    -- External identifiers
    tmdb_id INTEGER UNIQUE CHECK (tmdb_id > 0),

    -- Media classification
    media_type atp.media_type NOT NULL,

    -- Title information
    media_title VARCHAR(255) NOT NULL,
    original_media_title VARCHAR(255),

    -- Series information (for TV shows)
    season SMALLINT,
    episode SMALLINT,

    -- Basic metadata
    release_year SMALLINT CHECK (release_year BETWEEN 1850 AND 2100) NOT NULL,
    runtime INTEGER CHECK (runtime >= 0),

    -- Financial data
    budget BIGINT CHECK (budget >= 0),
    revenue BIGINT CHECK (revenue >= 0),

    -- Production information
    production_companies VARCHAR(255)[],
    production_countries CHAR(2)[],
    production_status VARCHAR(25),
    origin_country CHAR(2)[],

    -- Language information
    original_language CHAR(2),
    spoken_languages CHAR(2)[],

    -- Content classification
    genre VARCHAR(20)[],

    -- Descriptive content
    overview TEXT,
    tagline VARCHAR(255),

    -- External ratings
    tmdb_rating DECIMAL(5,3) CHECK (tmdb_rating BETWEEN 0 AND 10),
    tmdb_votes INTEGER CHECK (tmdb_votes >= 0),
    imdb_rating DECIMAL(4,1) CHECK (imdb_rating IS NULL OR (imdb_rating BETWEEN 0 AND 100)),
    imdb_votes INTEGER CHECK (imdb_votes >= 0),
    rt_score INTEGER CHECK (rt_score IS NULL OR (rt_score BETWEEN 0 AND 100)),
    metascore INTEGER CHECK (metascore IS NULL OR (metascore BETWEEN 0 AND 100)),

    -- Training labels (from training table)
    label atp.label_type,
    human_labeled BOOLEAN NOT NULL DEFAULT FALSE,
    confirmed BOOLEAN NOT NULL DEFAULT FALSE,
    anomalous BOOLEAN NOT NULL DEFAULT FALSE,
    reviewed BOOLEAN NOT NULL DEFAULT FALSE,

    -- Timestamps
    created_at TIMESTAMP WITH TIME ZONE DEFAULT (CURRENT_TIMESTAMP AT TIME ZONE 'UTC') NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT (CURRENT_TIMESTAMP AT TIME ZONE 'UTC') NOT NULL
);

CREATE INDEX idx_media_metadata_tmdb_id ON atp.media_metadata(tmdb_id);
CREATE INDEX idx_media_metadata_media_type ON atp.media_metadata(media_type);
CREATE INDEX idx_media_metadata_release_year ON atp.media_metadata(release_year);
CREATE INDEX idx_media_metadata_label ON atp.media_metadata(label);

CREATE TABLE atp.downloads (
    -- Primary key - using hash as natural key
    hash CHAR(40) PRIMARY KEY CHECK (hash ~ '^[a-f0-9]+$' AND length(hash) = 40),

    -- Download source information
    original_title TEXT NOT NULL,
    original_path TEXT,
    original_link TEXT,
    rss_source atp.rss_source,
    uploader VARCHAR(25),

    -- Download status tracking
    pipeline_status atp.pipeline_status NOT NULL DEFAULT 'ingested',
    error_status BOOLEAN DEFAULT FALSE NOT NULL,
    error_condition TEXT,
    rejection_status atp.rejection_status NOT NULL DEFAULT 'unfiltered',
    rejection_reason TEXT,

    -- Video/Audio metadata
    resolution VARCHAR(10),
    video_codec VARCHAR(10),
    audio_codec VARCHAR(10),
    upload_type VARCHAR(10),

    -- Foreign key to media
    imdb_id VARCHAR(10) REFERENCES atp.media_metadata(imdb_id),

    -- Timestamps
    created_at TIMESTAMP WITH TIME ZONE DEFAULT (CURRENT_TIMESTAMP AT TIME ZONE 'UTC') NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT (CURRENT_TIMESTAMP AT TIME ZONE 'UTC') NOT NULL
);

CREATE INDEX idx_downloads_pipeline_status ON atp.downloads(pipeline_status);
CREATE INDEX idx_downloads_imdb_id ON atp.downloads(imdb_id);
CREATE INDEX idx_downloads_created_at ON atp.downloads(created_at);

CREATE TABLE atp.files (
    -- Primary key - using same hash from media table
    hash CHAR(40) PRIMARY KEY CHECK (hash ~ '^[a-f0-9]+$' AND length(hash) = 40),

    -- Path tracking
    parent_path TEXT,
    target_path TEXT,

    -- Video/Audio metadata from original media table
    resolution VARCHAR(10),
    video_codec VARCHAR(10),
    audio_codec VARCHAR(10),
    upload_type VARCHAR(10),

    -- Foreign key to media
    imdb_id VARCHAR(10) REFERENCES atp.media_metadata(imdb_id),

    -- Timestamps
    created_at TIMESTAMP WITH TIME ZONE DEFAULT (CURRENT_TIMESTAMP AT TIME ZONE 'UTC') NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT (CURRENT_TIMESTAMP AT TIME ZONE 'UTC') NOT NULL
);

CREATE INDEX idx_files_imdb_id ON atp.files(imdb_id);
CREATE INDEX idx_files_created_at ON atp.files(created_at);

CREATE TABLE atp.media_metrics (
    -- Primary key - using IMDB ID to match media_metadata
    imdb_id VARCHAR(10) PRIMARY KEY REFERENCES atp.media_metadata(imdb_id),

    -- ML predictions (from prediction table)
    prediction SMALLINT CHECK (prediction IN (0, 1)),
    probability DECIMAL CHECK (probability BETWEEN 0 AND 1),
    cm_value CHAR(2),

    -- Timestamp
    created_at TIMESTAMP WITH TIME ZONE DEFAULT (CURRENT_TIMESTAMP AT TIME ZONE 'UTC') NOT NULL
);

CREATE INDEX idx_media_metrics_created_at ON atp.media_metrics(created_at);
