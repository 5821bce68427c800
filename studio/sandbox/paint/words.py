"""Find out what a prompt asks for, by a small lexicon in several languages. What it does not find, the dice decide."""
# ruff: noqa: E501, RUF001 - long lists of words in several alphabets

import re
from dataclasses import dataclass

from studio.sandbox.paint.seeds import Dice

SCENES = {
    "sea": "sea ocean beach coast wave island harbour harbor lake water meer ozean strand küste welle insel see hafen "
    "mer océan plage lac mar playa 海 湖 水 浜 波 море",
    "mountains": "mountain alps peak summit glacier berg gebirge alpen gipfel gletscher montagne montaña castle schloss burg 山 峰 гора горы",
    "forest": "forest wood jungle pine fir wald dschungel tanne kiefer forêt bosque leaf leaves laub 森 林 лес",
    "city": "city skyline town street skyscraper tokyo york berlin paris stadt straße hochhaus ville rue ciudad calle "
    "城市 城 街 都市 город",
    "flowers": "flower rose tulip blossom garden meadow bouquet poppy blume tulpe blüte garten wiese strauß mohn fleur "
    "jardin flor 花 园 庭 цвет",
    "still": "bottle product perfume mug cup coffee tea vase lamp fruit apple lemon orange pear packshot packaging table "
    "flasche produkt parfüm tasse kaffee tee obst apfel zitrone birne tisch bouteille café thé botella taza 瓶 产品 咖啡 茶 "
    "杯 苹果 бутылк кофе",
    "portrait": "portrait face woman man girl boy person people queen king model selfie porträt gesicht frau mann mädchen "
    "junge mensch königin könig visage femme homme retrato mujer hombre 人 脸 女 男 顔 肖像 портрет",
    "poster": "poster logo icon badge sticker flyer cover print plakat zeichen symbol affiche cartel werbeplakat 海报 标志 图标 плакат логотип",
    "abstract": "abstract pattern geometric shape bauhaus texture composition collage jazz music abstrakt muster form musik "
    "abstrait abstracto chart diagram infographic report data diagramm bericht 抽象 图案 音乐 абстракц",
    "space": "space planet galaxy cosmos universe astronaut saturn mars orbit weltraum weltall planeten galaxie kosmos "
    "espace espacio 宇宙 太空 星球 космос",
    "desert": "desert dune sahara cactus canyon wüste düne kaktus désert desierto 沙漠 пустын",
    "hills": "hill valley field countryside tuscany landscape hügel tal feld landschaft colline paysage 风景 丘 田",
}
TIMES = {
    "night": "night midnight moon moonlight star starry dark aurora nacht mitternacht mond mondlicht stern dunkel nuit lune "
    "étoile noche luna 夜 月 星 晚 ночь лун",
    "sunset": "sunset dusk evening golden autumn fall fire warm sonnenuntergang abend dämmerung herbst feuer abendrot "
    "coucher soir automne feu atardecer fuego 日落 夕 黄昏 秋 火 закат огонь огня",
    "dawn": "dawn sunrise morning spring pastel fog mist misty foggy dream soft sonnenaufgang morgen frühling nebel traum "
    "aube matin printemps amanecer 日出 早晨 春 雾 梦 рассвет утро",
    "winter": "winter snow snowy ice frost cold christmas schnee eis kalt weihnacht hiver neige invierno nieve 冬 雪 冰 "
    "зима снег",
    "day": "day noon summer sunny sun sky blue tag mittag sommer sonnig sonne himmel été soleil ciel verano sol 夏 太阳 日 "
    "天空 солнце небо",
}
MOTIFS = {
    "moon": "moon moonlight mond lune luna 月 лун",
    "sun": "sun sunny sunset sunrise sonne sonnenuntergang sonnenaufgang soleil sol 太阳 日 солнце",
    "stars": "star starry night stern nacht étoile 星 夜 звезд",
    "birds": "bird seagull crow swallow vogel vögel möwe schwalbe oiseau pájaro 鸟 птиц",
    "clouds": "cloud sky wolke himmel nuage nube 云 небо",
    "snow": "snow snowy winter christmas schnee weihnacht neige nieve 雪 снег",
    "aurora": "aurora polarlicht nordlicht 极光 сияни",
    "rain": "rain rainy storm regen sturm pluie lluvia 雨 дождь",
    "rainbow": "rainbow regenbogen arc-en-ciel arcoíris 彩虹 радуг",
    "fire": "fire campfire flame feuer lagerfeuer flamme feu fuego 火 огонь огня",
    "boat": "boat ship sail sailing sailboat boot schiff segel segelboot bateau barco 船 лодк",
    "lighthouse": "lighthouse leuchtturm phare faro 灯塔 маяк",
    "house": "house cabin cottage hut home barn haus hütte scheune maison casa 房 屋 家 дом",
    "tree": "tree oak baum eiche arbre árbol 树 木 дерево",
    "fox": "fox fuchs renard zorro 狐 лис",
    "cat": "cat kitten katze kater chat gato 猫 кот кошк",
    "whale": "whale wal baleine ballena 鲸 кит",
    "fish": "fish fisch poisson pez 鱼 рыб",
    "balloon": "balloon ballon hot-air-balloon globo 气球 шар",
    "rocket": "rocket spaceship rakete raumschiff fusée cohete 火箭 ракет",
    "robot": "robot android machine roboter maschine 机器人 робот",
    "mug": "mug cup coffee tea tasse becher kaffee tee café thé taza 杯 咖啡 茶 кофе",
    "bottle": "bottle perfume product flasche parfüm produkt bouteille botella 瓶 产品 бутылк",
    "fruit": "fruit apple lemon orange pear obst apfel zitrone birne 苹果 水果",
    "vase": "vase bouquet strauß 花瓶",
    "heart": "heart love herz liebe coeur cœur amour corazón 心 爱 сердце",
}
HUES = {
    25: "red crimson scarlet ruby rot scharlach rouge rojo 红 赤 красный",
    50: "orange copper rust kupfer naranja 橙 оранжевый",
    92: "yellow gold golden amber lemon gelb jaune amarillo 黄 金 жёлтый",
    142: "green emerald grün smaragd vert verde 绿 緑 зелёный",
    185: "teal turquoise cyan mint türkis minze 青 бирюзовый",
    250: "blue azure navy indigo blau bleu azul 蓝 藍 синий",
    300: "purple violet lilac lavender lila violett lavendel morado 紫 фиолетовый",
    350: "pink magenta rose rosa fuchsia 粉 розовый",
}
FALLBACK_SCENES = ("hills", "mountains", "sea", "hills", "forest", "desert", "abstract", "flowers", "city", "poster")
FALLBACK_TIMES = ("day", "dawn", "sunset", "day", "sunset", "day", "dawn", "night")
AFTER_DARK = {"city": ("night", "sunset", "night", "dawn"), "space": ("night",)}
BEASTS = {"fox", "cat", "robot", "house", "tree"}
ENDING = r"(?:s|es|e|n|en|er|ern|ies)?"


@dataclass(frozen=True)
class Wish:
    scene: str
    time: str
    motifs: tuple[str, ...]
    hues: tuple[int, ...]
    is_guessed: bool  # nothing was recognised


def _matcher(words: str) -> re.Pattern[str]:
    plain = [re.escape(word) for word in words.split() if word[0] < "\u0400"]
    stems = [re.escape(word) for word in words.split() if word[0] >= "\u0400"]
    return re.compile("|".join([rf"\b(?:{'|'.join(plain)}){ENDING}\b", *stems]), re.IGNORECASE)


LEXICON = [{key: _matcher(words) for key, words in table.items()} for table in (SCENES, TIMES, MOTIFS)]
HUE_LEXICON = {hue: _matcher(words) for hue, words in HUES.items()}


def _found(table: dict[str, re.Pattern[str]], prompt: str) -> list[str]:
    """Return the keys in the order of the prompt. Of two at the same place the longer comes first: 日落 before 日."""
    hits = ((match.start(), match.start() - match.end(), key) for key, match in _matches(table, prompt))
    return [key for *_, key in sorted(hits)]


def _matches(table: dict[str, re.Pattern[str]], prompt: str) -> list[tuple[str, re.Match[str]]]:
    return [(key, match) for key, words in table.items() if (match := words.search(prompt))]


def read_wish(prompt: str, dice: Dice) -> Wish:
    scenes, times, motifs = (_found(table, prompt) for table in LEXICON)
    hues = sorted((match.start(), hue) for hue, words in HUE_LEXICON.items() if (match := words.search(prompt)))
    chance = dice.random_for("wish")
    scene = scenes[0] if scenes else _scene_of(motifs, chance.choice(FALLBACK_SCENES))
    time = times[0] if times else chance.choice(AFTER_DARK.get(scene, FALLBACK_TIMES))
    is_guessed = not (scenes or times or motifs or hues)
    return Wish(scene, time, tuple(motifs), tuple(hue for _, hue in hues), is_guessed)


def _scene_of(motifs: list[str], otherwise: str) -> str:
    """Return the scene that the first motif with a scene of its own belongs to, else `otherwise`."""
    places = {
        "boat": "sea", "lighthouse": "sea", "whale": "sea", "fish": "sea", "rocket": "space", "mug": "still",
        "bottle": "still", "fruit": "still", "vase": "still", "heart": "poster", "house": "hills", "tree": "hills",
        "balloon": "hills", "fire": "forest", "rainbow": "hills", "robot": "city", "fox": "forest", "cat": "hills",
        "snow": "mountains",
    }  # fmt: skip
    return next((places[motif] for motif in motifs if motif in places), otherwise)
